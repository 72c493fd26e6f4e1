using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.ClusterBenchmark;

/// <summary>An endpoint that answers HTTP with its name.</summary>
internal sealed class NamedBackend : IAsyncDisposable
{
    private readonly WebApplication _app;

    private NamedBackend(WebApplication app) => _app = app;

    public int Port => new Uri(_app.Urls.First()).Port;

    public static async Task<NamedBackend> StartAsync(string name)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(ClusterObjects.Address, 0));
        var app = builder.Build();
        app.Run(context => context.Response.WriteAsync(name, context.RequestAborted));
        await app.StartAsync(CancellationToken.None);
        return new NamedBackend(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
