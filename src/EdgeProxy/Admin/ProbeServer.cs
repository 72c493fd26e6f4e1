using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Admin;

/// <summary>Answers probes on one port in plain HTTP/1.1. Owns its server.</summary>
internal sealed class ProbeServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ProbeServer(WebApplication app, IPEndPoint endpoint)
    {
        _app = app;
        Endpoint = endpoint;
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>Starts listening; port 0 takes any free one.</summary>
    /// <param name="listen">Where.</param>
    /// <param name="purpose">Names the port in an error.</param>
    /// <param name="answer">Answers a request.</param>
    /// <param name="loggers">For the server's own log.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The port is taken or not permitted, or the address is not ours.</exception>
    public static async Task<ProbeServer> StartAsync(
        IPEndPoint listen, string purpose, RequestDelegate answer, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(listen, static options => options.Protocols = HttpProtocols.Http1);
        });

        var app = builder.Build();
        app.Run(answer);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (SocketException error)
        {
            // Kestrel wraps only "in use".
            await app.DisposeAsync();
            throw new IOException($"Cannot listen on {listen} for {purpose}: {error.Message}.", error);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        var bound = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return new ProbeServer(app, new IPEndPoint(listen.Address, bound.Port));
    }

    /// <summary>Stops at once: a probe in flight may fail, as it should.</summary>
    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
