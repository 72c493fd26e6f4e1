namespace EdgeProxy.Http.Policies;

/// <summary>One thing a route asks of the request an endpoint gets. Shared by all requests of the route.</summary>
internal interface IUpstreamStep
{
    /// <summary>Changes the head of <paramref name="upstream"/>; all the usual headers are on it. Called once a try.</summary>
    void Apply(Exchange exchange, HttpRequestMessage upstream);
}
