using System.Collections.Immutable;

namespace EdgeProxy.Http.Policies.Access;

/// <summary>Annotation satisfy <c>any</c>: who passes one of the checks need not pass the others.</summary>
/// <remarks>As with nginx an invitation to log in (401) is answered rather than a refusal (403), and an error ends it.</remarks>
internal sealed class AnyOfStep(ImmutableArray<IRequestStep> checks) : IRequestStep
{
    /// <inheritdoc />
    public async ValueTask<ResponseReason> ApplyAsync(Exchange exchange)
    {
        var answer = ResponseReason.Forwarded;
        foreach (var check in checks)
        {
            var reason = await check.ApplyAsync(exchange);
            switch (reason)
            {
                case ResponseReason.Forwarded:
                    exchange.Reply.Clear();
                    return ResponseReason.Forwarded;
                case ResponseReason.AddressDenied or ResponseReason.AuthDenied when answer != ResponseReason.Forwarded:
                    break;
                case ResponseReason.AddressDenied or ResponseReason.AuthDenied or ResponseReason.AuthRequired or ResponseReason.Redirect:
                    answer = reason;
                    break;
                default:
                    return reason;
            }
        }

        return answer;
    }
}
