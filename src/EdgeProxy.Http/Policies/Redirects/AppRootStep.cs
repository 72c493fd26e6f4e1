using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http.Policies.Redirects;

/// <summary>Annotation app-root: a request for exactly <c>/</c> is sent to the application's start, on the host and port it was sent to.</summary>
internal sealed class AppRootStep(string root) : IRequestStep
{
    /// <inheritdoc />
    public ValueTask<ResponseReason> ApplyAsync(Exchange exchange)
    {
        if (exchange.Path != "/")
        {
            return ValueTask.FromResult(ResponseReason.Forwarded);
        }

        exchange.Reply.Status = StatusCodes.Status302Found;
        exchange.Reply.Headers.Location = $"{exchange.Client.Scheme}://{exchange.Http.Request.Headers.Host}{root}";
        return ValueTask.FromResult(ResponseReason.Redirect);
    }
}
