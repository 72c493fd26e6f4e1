using System.Net;
using EdgeProxy.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace EdgeProxy.Http.Tests.Support;

/// <summary>An endpoint that is a real server: HTTP/1.1 or HTTP/2, without TLS unless it is given a certificate.</summary>
internal sealed class KestrelBackend : IAsyncDisposable
{
    private readonly WebApplication _app;

    private KestrelBackend(WebApplication app, EndpointAddress address)
    {
        _app = app;
        Address = address;
    }

    public EndpointAddress Address { get; }

    public static async Task<KestrelBackend> StartAsync(
        RequestDelegate serve, HttpProtocols protocols = HttpProtocols.Http1, IPAddress? address = null, Action<HttpsConnectionAdapterOptions>? tls = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        ListenOptions? listener = null;
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(address ?? IPAddress.Loopback, 0, options =>
            {
                (listener = options).Protocols = protocols;
                if (tls is not null)
                {
                    options.UseHttps(tls);
                }
            });
        });
        var app = builder.Build();
        app.UseWebSockets();
        app.Run(serve);
        await app.StartAsync(Deadline.Token);
        return new KestrelBackend(app, EndpointAddress.From(listener!.IPEndPoint!));
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
