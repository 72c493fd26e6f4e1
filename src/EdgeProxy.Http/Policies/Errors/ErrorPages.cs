using EdgeProxy.Http.Forwarding;
using EdgeProxy.Model;
using EdgeProxy.Model.Policies;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace EdgeProxy.Http.Policies.Errors;

/// <summary>
/// Annotations default-backend and custom-http-errors: another Service answers where the route's own cannot, or says something nobody should see.
/// </summary>
/// <remarks>
/// Only what befell the way to the endpoint is replaced. The verdict of an authentication, an address list or a limit is final: a page must not
/// turn it into a success (CVE-2026-24513). The default backend's own answer is final too.
/// </remarks>
internal sealed class ErrorPages(ErrorPagePolicy policy)
{
    /// <summary>True when an endpoint's answer of this status is not to be passed on, and somebody is there to give another.</summary>
    public bool Replaces(Exchange exchange, int status) =>
        exchange.ErrorPage is null && policy.Codes.Contains(status) && Port(exchange) is { HttpScheduler.Candidates.IsEmpty: false };

    /// <summary>Has the default backend answer, if that is how a request ended; else the end stands.</summary>
    public async ValueTask<ResponseReason> AnswerAsync(Exchange exchange, ResponseReason reason, UpstreamForwarder forwarder)
    {
        if (PageFor(exchange, reason) is not { } page || exchange.Http.Response.HasStarted || Port(exchange) is not { } port)
        {
            return reason;
        }

        // The forwarder refuses to start over while its last status is on the response.
        exchange.Http.Response.Clear();
        exchange.Http.Features.Set<IForwarderErrorFeature>(null);
        exchange.ErrorPage = page;
        exchange.ServicePort = port;
        var outcome = await forwarder.ForwardAsync(exchange);
        return outcome == ResponseReason.Forwarded || reason == ResponseReason.Forwarded ? outcome : reason;
    }

    private ErrorPageRequest? PageFor(Exchange exchange, ResponseReason reason) => reason switch
    {
        ResponseReason.NoEndpoint or ResponseReason.BackendMissing when policy.StandsIn => new ErrorPageRequest(reason.Status(), IsWhole: true),
        ResponseReason.Forwarded when exchange.ReplacedStatus != 0 => new ErrorPageRequest(exchange.ReplacedStatus, IsWhole: false),
        ResponseReason.ConnectFailed or ResponseReason.ConnectTimeout or ResponseReason.UpstreamReset or ResponseReason.UpstreamInvalid
            or ResponseReason.UpstreamTimeout or ResponseReason.NoEndpoint or ResponseReason.BackendMissing when policy.Codes.Contains(reason.Status()) => new ErrorPageRequest(reason.Status(), IsWhole: false),
        _ => null,
    };

    private ServicePort? Port(Exchange exchange) => exchange.Snapshot.FindFirstPort(policy.Service);
}
