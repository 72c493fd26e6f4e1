using EdgeProxy.Http.Tls;
using EdgeProxy.Model.Policies;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http.Policies.ClientCertificates;

/// <summary>Annotations auth-tls-*: only clients with a certificate of the host's authority, or whom else the policy lets pass.</summary>
/// <remarks>As nginx, plain HTTP is not checked: there is nothing to show a certificate with. Hosts with TLS redirect it. What a believed proxy calls https is.</remarks>
internal sealed class ClientCertificateStep(ClientCertificatePolicy policy) : IRequestStep
{
    /// <inheritdoc />
    public ValueTask<ResponseReason> ApplyAsync(Exchange exchange) => ValueTask.FromResult(Check(exchange));

    private ResponseReason Check(Exchange exchange)
    {
        if (policy.Authority is null)
        {
            return ResponseReason.AuthDenied;
        }

        // The certificate was asked for, or not, by what the host of the handshake wants. Browsers use one connection for several hosts
        // and connect anew when they are told this.
        var session = exchange.Http.Features.Get<TlsSession>();
        if (policy.Asks && session is { ServerName.Length: > 0 } && session.ServerName != exchange.HostName)
        {
            return ResponseReason.Misdirected;
        }

        // https without a handshake of ours: somebody in front ended it, and there is nothing that tells whose certificate he saw.
        var verdict = session?.Verify(policy) ?? ClientVerdict.None;
        if ((session is not null || exchange.Client.IsHttps) && !verdict.Passes(policy.Verification))
        {
            return Refuse(exchange);
        }

        if (policy.Subject is { } subject && !subject.IsMatch(verdict.Subject))
        {
            return ResponseReason.AuthDenied;
        }

        exchange.ClientVerdict = verdict;
        exchange.PassesClientCertificate = policy.PassesCertificate;
        return ResponseReason.Forwarded;
    }

    private ResponseReason Refuse(Exchange exchange)
    {
        if (policy.ErrorPage is not { } page)
        {
            return ResponseReason.CertificateRequired;
        }

        exchange.Reply.Status = StatusCodes.Status302Found;
        exchange.Reply.Headers.Location = page;
        return ResponseReason.Redirect;
    }
}
