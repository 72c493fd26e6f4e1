using System.Net;
using System.Net.Sockets;
using EdgeProxy.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Admin;

/// <summary>The admin port: <c>/healthz</c> (the process lives) and <c>/readyz</c> (it should get traffic). Owns its server.</summary>
internal sealed class AdminServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private AdminServer(WebApplication app, IPEndPoint endpoint)
    {
        _app = app;
        Endpoint = endpoint;
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>Starts listening; port 0 takes any free one.</summary>
    /// <exception cref="IOException">The port is taken or not permitted, or the address is not ours.</exception>
    public static async Task<AdminServer> StartAsync(IPAddress address, int port, Readiness readiness, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(address, port, listen => listen.Protocols = HttpProtocols.Http1);
        });

        var app = builder.Build();
        app.Run(context => AnswerAsync(context, readiness));
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (SocketException error)
        {
            // Kestrel wraps only "in use".
            await app.DisposeAsync();
            throw new IOException($"Cannot listen on {new IPEndPoint(address, port)} for the admin port: {error.Message}.", error);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        var bound = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return new AdminServer(app, new IPEndPoint(address, bound.Port));
    }

    /// <summary>Stops at once: a probe in flight may fail, as it should.</summary>
    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static Task AnswerAsync(HttpContext context, Readiness readiness)
    {
        var (status, text) = context.Request.Path.Value switch
        {
            "/healthz" => (StatusCodes.Status200OK, "ok"),
            "/readyz" when readiness.Reason is { } reason => (StatusCodes.Status503ServiceUnavailable, reason),
            "/readyz" => (StatusCodes.Status200OK, "ok"),
            _ => (StatusCodes.Status404NotFound, "not found; there are /healthz and /readyz"),
        };
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }
}
