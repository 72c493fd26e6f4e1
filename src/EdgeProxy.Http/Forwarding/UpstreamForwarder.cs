using System.Runtime.CompilerServices;
using System.Text;
using EdgeProxy.Http.Policies;
using EdgeProxy.Http.Policies.Affinity;
using EdgeProxy.Http.Policies.Mirror;
using EdgeProxy.Http.Reporting;
using EdgeProxy.Model;
using EdgeProxy.Model.Scheduling;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Yarp.ReverseProxy.Forwarder;

namespace EdgeProxy.Http.Forwarding;

/// <summary>
/// Sends a request to an endpoint of its service port, and to the next one as long as its route allows. Owns the connections to endpoints.
/// </summary>
internal sealed class UpstreamForwarder(HttpFrontendOptions options, AffinityCookies cookies, HttpMetrics metrics, ILogger logger, TimeProvider time) : IAsyncDisposable
{
    private readonly IHttpForwarder _forwarder = CreateForwarder();
    private readonly UpstreamClients _clients = new(options);
    private readonly RequestConfigs _configs = new(options);
    private readonly MirrorSender _mirror = new(options);

    // Text of an address is not free, and a backend outlives many requests.
    private readonly ConditionalWeakTable<Backend, string> _prefixes = [];
    private readonly ConditionalWeakTable<Backend, string> _tlsPrefixes = [];

    /// <summary>Forwards, and passes the answer on. An answer of our own, if that is how it ends, is not written yet.</summary>
    public async ValueTask<ResponseReason> ForwardAsync(Exchange exchange)
    {
        var context = exchange.Http;
        var port = exchange.ServicePort!;
        var policies = exchange.Forwarding;
        var isErrorPage = exchange.ErrorPage is not null;
        if (policies.Mirror is { } mirror && !isErrorPage)
        {
            _mirror.Copy(exchange, mirror);
        }

        var hasBody = context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is true;
        var protocol = UpstreamProtocol.For(exchange, port);
        var config = _configs.For(policies.Transfer, protocol, hasBody);
        var isBuffered = hasBody && policies.Transfer.BuffersRequest && !isErrorPage;
        if (isBuffered && await RequestBuffer.FillAsync(context, config.ActivityTimeout!.Value) is var problem and not ResponseReason.Forwarded)
        {
            return problem;
        }

        var affinity = isErrorPage ? null : AffinityBinding.For(exchange, port, cookies);
        var tries = new UpstreamTries(policies, port, affinity?.Wish ?? WishOf(exchange), exchange.Client, context.Request.Method, isBuffered, time);
        var request = new UpstreamRequest(exchange, tries, affinity, time);
        var client = _clients.Rent(policies, protocol.UsesTls);
        var reason = ResponseReason.NoEndpoint;
        try
        {
            while (tries.Next() is { } backend)
            {
                exchange.Backend = backend;
                exchange.Tries = tries.Count;
                if (tries.Count > 1)
                {
                    ForgetLastTry(context, isBuffered);
                    request.BeginTry();
                }

                var triedAt = time.GetTimestamp();
                exchange.TrySpan = RequestTracing.BeginTry(exchange, backend);
                reason = await TryAsync(context, backend, PrefixOf(backend, protocol.UsesTls), client, config, request);
                var status = request.HeadAfter is null ? 0 : exchange.UpstreamStatus;
                RequestTracing.EndTry(exchange.TrySpan, reason, status);
                metrics.Tried(context.Request.Method, status, reason, request.HeadAfter ?? time.GetElapsedTime(triedAt));
                Report(port, backend, reason, request);
                if (!request.IsRejected && (request.HeadAfter is not null || !tries.GoesOnAfter(reason)))
                {
                    break;
                }
            }
        }
        finally
        {
            _clients.Return(client);
        }

        return reason;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _mirror.DisposeAsync();
        _clients.Dispose();
    }

    private static EndpointWish WishOf(Exchange exchange)
    {
        var balancing = exchange.Forwarding.Balancing;
        return balancing.HashBy is not { } hashBy || exchange.Forwarding.Upstream.IsService
            ? EndpointWish.None
            : new EndpointWish(Bound: null, EndpointWish.KeyOf(Encoding.UTF8.GetBytes(TemplateText.AsHeader(hashBy, exchange))), balancing.HashSubset);
    }

    private async ValueTask<ResponseReason> TryAsync(
        HttpContext context, Backend backend, string prefix, UpstreamClient client, ForwarderRequestConfig config, UpstreamRequest request)
    {
        backend.Hold();
        try
        {
            // The forwarder watches RequestAborted by itself; nothing else cancels.
            var error = await _forwarder.SendAsync(context, prefix, client.Invoker, config, request, CancellationToken.None);

            // An endpoint may answer in full and close without reading the rest of the body (413, say): that answer stands.
            return error == ForwarderError.None || request.Answered ? ResponseReason.Forwarded : ForwardFailure.ReasonFor(error, context);
        }
        finally
        {
            backend.Release();
        }
    }

    /// <summary>
    /// What L4 sessions must know as well: an endpoint that cannot be connected to is soon passed over by all. How long the connection took is not
    /// known, most requests find one open; the time to the answer's head is.
    /// </summary>
    private void Report(ServicePort port, Backend backend, ResponseReason reason, UpstreamRequest request)
    {
        if (reason is ResponseReason.ConnectFailed or ResponseReason.ConnectTimeout)
        {
            if (port.ReportFailed(backend) is { } ejectedFor)
            {
                metrics.Ejected();
                HttpLog.Ejected(logger, backend, port.Name, ejectedFor, reason);
            }
        }
        else if (request.HeadAfter is { } latency)
        {
            port.ReportConnected(backend, latency);
        }
    }

    /// <summary>The forwarder has put a status of its own on the response, and refuses to start over while it is there.</summary>
    private static void ForgetLastTry(HttpContext context, bool isBuffered)
    {
        context.Response.Clear();
        context.Features.Set<IForwarderErrorFeature>(null);
        if (isBuffered)
        {
            context.Request.Body.Position = 0;
        }
    }

    private string PrefixOf(Backend backend, bool usesTls) => usesTls
        ? _tlsPrefixes.GetValue(backend, static backend => "https://" + backend.Address)
        : _prefixes.GetValue(backend, static backend => "http://" + backend.Address);

    /// <summary>YARP's forwarder and nothing else of YARP. Its log says per request what ours says, with exceptions; it is left out.</summary>
    private static IHttpForwarder CreateForwarder()
    {
        var services = new ServiceCollection();
        services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        services.AddHttpForwarder();
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IHttpForwarder>();
    }
}
