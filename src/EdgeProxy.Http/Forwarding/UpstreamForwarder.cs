using System.Runtime.CompilerServices;
using EdgeProxy.Model;
using EdgeProxy.Model.Scheduling;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Yarp.ReverseProxy.Forwarder;

namespace EdgeProxy.Http.Forwarding;

/// <summary>
/// Sends a request to an endpoint of its service port, and to the next one while none can be connected to. Owns the connections to endpoints.
/// </summary>
internal sealed class UpstreamForwarder(HttpFrontendOptions options, ILogger logger, TimeProvider time) : IDisposable
{
    private readonly IHttpForwarder _forwarder = CreateForwarder();
    private readonly HttpMessageInvoker _client = UpstreamClient.Create(options);
    private readonly UpstreamProtocol _protocol = new(options);

    // Text of an address is not free, and a backend outlives many requests.
    private readonly ConditionalWeakTable<Backend, string> _prefixes = [];

    /// <summary>Forwards, and passes the answer on. An answer of our own, if that is how it ends, is not written yet.</summary>
    public async ValueTask<ResponseReason> ForwardAsync(Exchange exchange)
    {
        var context = exchange.Http;
        var port = exchange.ServicePort!;
        var scheduler = port.HttpScheduler;
        var config = _protocol.For(context.Request, port);
        var request = new UpstreamRequest(exchange, time);
        var tried = default(TriedBackends);
        var reason = ResponseReason.NoEndpoint;
        while (tried.Count < TriedBackends.MaxTries && port.Pick(scheduler, exchange.Client.Endpoint, exchange.Client.Destination, tried) is { } backend)
        {
            tried.Add(backend);
            exchange.Backend = backend;
            exchange.Tries = tried.Count;
            if (tried.Count > 1)
            {
                ForgetLastTry(context);
            }

            reason = await TryAsync(context, backend, config, request);
            Report(port, backend, reason, request);

            // Only a connection that never came about leaves the request whole; anything later may have had its effect.
            if (reason is not (ResponseReason.ConnectFailed or ResponseReason.ConnectTimeout) || request.BodyStarted)
            {
                break;
            }
        }

        return reason;
    }

    /// <inheritdoc />
    public void Dispose() => _client.Dispose();

    private async ValueTask<ResponseReason> TryAsync(HttpContext context, Backend backend, ForwarderRequestConfig config, UpstreamRequest request)
    {
        backend.Hold();
        try
        {
            // The forwarder watches RequestAborted by itself; nothing else cancels.
            var error = await _forwarder.SendAsync(context, PrefixOf(backend), _client, config, request, CancellationToken.None);

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
            if (port.ReportFailed(backend) is { } time)
            {
                HttpLog.Ejected(logger, backend, port.Name, time, reason);
            }
        }
        else if (request.HeadAfter is { } latency)
        {
            port.ReportConnected(backend, latency);
        }
    }

    /// <summary>The forwarder has put a status of its own on the response, and refuses to start over while it is there.</summary>
    private static void ForgetLastTry(HttpContext context)
    {
        context.Response.Clear();
        context.Features.Set<IForwarderErrorFeature>(null);
    }

    private string PrefixOf(Backend backend) => _prefixes.GetValue(backend, static backend => "http://" + backend.Address);

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
