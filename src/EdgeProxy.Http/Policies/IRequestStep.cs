namespace EdgeProxy.Http.Policies;

/// <summary>One thing a route asks for before an endpoint is chosen. Shared by all requests of the route, so without state of any of them.</summary>
internal interface IRequestStep
{
    /// <summary>
    /// <see cref="ResponseReason.Forwarded"/>: go on. Anything else is the answer (what goes with it is on <see cref="Exchange.Reply"/>), and nothing
    /// behind it runs.
    /// </summary>
    ValueTask<ResponseReason> ApplyAsync(Exchange exchange);
}
