using EdgeProxy.Http.Forwarding;

namespace EdgeProxy.Http.Policies.Redirects;

/// <summary>Annotation from-to-www-redirect: the same request, on the host's proper name; scheme, port, path and query stay.</summary>
internal sealed class HostRedirectStep(string host) : IRequestStep
{
    /// <inheritdoc />
    public ValueTask<ResponseReason> ApplyAsync(Exchange exchange)
    {
        var port = HostAndPort.Split(exchange.Http.Request.Headers.Host.ToString()).Port;
        exchange.Reply.Status = exchange.Snapshot.Http.RedirectStatus;
        exchange.Reply.Headers.Location = $"{exchange.Client.Scheme}://{host}{port}{RequestTarget.OriginForm(exchange.RawTarget)}";
        return ValueTask.FromResult(ResponseReason.Redirect);
    }
}
