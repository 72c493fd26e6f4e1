using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EdgeProxy.Testing.Api;

/// <summary>
/// An API server in this process, with what matters of list and watch: one resource version for everything, pages of one moment, watches that go
/// on from a version or are told 410 when it is compacted, bookmarks, and lists as streams; and of writing: create, merge patch (of the status
/// subresource too), delete, 404 and 409. Plain HTTP/1.1, no authentication. Nothing is validated.
/// </summary>
public sealed partial class FakeApiServer : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _writes = new();
    private readonly Lock _lock = new(); // guards everything below
    private readonly Dictionary<string, FakeResource> _resources = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long Version, List<FakeObject> Items)> _pages = [];
    private readonly HashSet<FakeWatch> _watches = [];
    private long _version = 100;
    private long _compacted;
    private int _lastToken;
    private WebApplication? _app;
    private int _port;
    private Func<Task<Socket>>? _bind;
    private IPAddress _address = IPAddress.Loopback;

    /// <summary>Answers a request instead of the server when it returns true.</summary>
    public Func<HttpContext, Task<bool>>? Intercept { get; set; }

    /// <summary>Whether lists can be had as streams (sendInitialEvents). Default true.</summary>
    public bool StreamsLists { get; set; } = true;

    /// <summary>Method, path and query of each request, in order.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Writes by requests that were stored, <c>PATCH /path</c>, oldest first.</summary>
    public IReadOnlyCollection<string> Writes => _writes;

    /// <summary>The status to answer a request with instead of serving it, by method and path; null serves it.</summary>
    public Func<string, string, int?> Refuse { get; set; } = (_, _) => null;

    /// <summary>Called with the path before a write by request is served, as another writer who is faster.</summary>
    public Action<string>? BeforeWrite { get; set; }

    public Uri Address => new($"http://{_address}:{_port.ToString(CultureInfo.InvariantCulture)}");

    /// <summary>A kubeconfig with this server as its current context.</summary>
    public string Kubeconfig => $$"""
        {"apiVersion": "v1", "kind": "Config", "current-context": "fake", "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"} }],
         "clusters": [{"name": "fake", "cluster": {"server": "{{Address}}"} }], "users": [{"name": "fake", "user": {} }]}
        """;

    /// <summary>How many watches are open.</summary>
    public int OpenWatches
    {
        get
        {
            lock (_lock)
            {
                return _watches.Count;
            }
        }
    }

    public static async Task<FakeApiServer> StartAsync()
    {
        var server = new FakeApiServer();
        await server.ListenAsync();
        return server;
    }

    /// <summary>A server that listens on a socket somebody else binds, in another network namespace perhaps; each time it listens, a new one.</summary>
    public static async Task<FakeApiServer> StartAsync(IPEndPoint at, Func<Task<Socket>> bind)
    {
        var server = new FakeApiServer { _bind = bind, _address = at.Address, _port = at.Port };
        await server.ListenAsync();
        return server;
    }

    /// <summary>Listens, on the port of last time if there was one.</summary>
    public async Task ListenAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(_address, _port, static options => options.Protocols = HttpProtocols.Http1));
        if (_bind is not null)
        {
            var bound = await _bind();
            builder.WebHost.UseSockets(sockets => sockets.CreateBoundListenSocket = _ => bound);
        }

        var app = builder.Build();
        app.Run(AnswerAsync);
        await app.StartAsync(CancellationToken.None);
        _app = app;
        _port = new Uri(app.Urls.First()).Port;
    }

    /// <summary>Goes away without a word; what it has stays.</summary>
    public async Task VanishAsync()
    {
        BreakWatches();
        using var withoutGrace = new CancellationTokenSource();
        await withoutGrace.CancelAsync();
        await _app!.StopAsync(withoutGrace.Token);
        await _app.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        BreakWatches();
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }
    }

    /// <summary>Forgets the past: older versions and pages are answered with 410.</summary>
    public void Compact()
    {
        lock (_lock)
        {
            _compacted = ++_version;
            _pages.Clear();
            foreach (var resource in _resources.Values)
            {
                resource.Events.Clear();
            }
        }
    }

    /// <summary>Tells the watches how far they have come.</summary>
    public void Bookmark()
    {
        lock (_lock)
        {
            foreach (var watch in _watches)
            {
                watch.Write(BookmarkLine(isInitialEnd: false));
            }
        }
    }

    /// <summary>Writes a line to every watch as it is.</summary>
    public void WriteToWatches(string line)
    {
        lock (_lock)
        {
            foreach (var watch in _watches)
            {
                watch.Write(line);
            }
        }
    }

    /// <summary>Ends every watch as the server does after a while.</summary>
    public void EndWatches() => EachWatch(watch => watch.End());

    /// <summary>Resets the connection of every watch.</summary>
    public void BreakWatches() => EachWatch(watch => watch.Break());

    /// <summary>Answers with a metav1.Status.</summary>
    public static Task AnswerStatusAsync(HttpContext context, int code, string reason, string message)
    {
        context.Response.StatusCode = code;
        return AnswerJsonAsync(context, Status(code, reason, message).ToJsonString());
    }

    private static Task AnswerNotFoundAsync(HttpContext context, FakeRequest request) =>
        AnswerStatusAsync(context, 404, "NotFound", $"{request.Resource} \"{request.Name}\" not found");

    private static Task AnswerJsonAsync(HttpContext context, string json)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json, context.RequestAborted);
    }

    private static JsonObject Status(int code, string reason, string message) => new()
    {
        ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Failure", ["message"] = message, ["reason"] = reason, ["code"] = code,
    };

    private void EachWatch(Action<FakeWatch> action)
    {
        List<FakeWatch> watches;
        lock (_lock)
        {
            watches = [.. _watches];
        }

        watches.ForEach(action);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        Requests.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
        if (Intercept is { } intercept && await intercept(context))
        {
            return;
        }

        if (Refuse(context.Request.Method, context.Request.Path.Value!) is { } refusal)
        {
            await AnswerStatusAsync(context, refusal, "Test", "refused by the test");
        }
        else if (context.Request.Path.Value!.Count(letter => letter == '/') == 3 && context.Request.Path.StartsWithSegments("/apis", StringComparison.Ordinal))
        {
            await context.Response.WriteAsync("""{"kind":"APIResourceList"}""", context.RequestAborted); // a group, such as /apis/discovery.k8s.io/v1
        }
        else if (FakeRequest.Read(context.Request) is not { } request)
        {
            await AnswerStatusAsync(context, 404, "NotFound", "the server could not find the requested resource");
        }
        else if (!HttpMethods.IsGet(context.Request.Method))
        {
            await AnswerWriteAsync(context, request);
        }
        else if (request.Name is not null)
        {
            await AnswerObjectAsync(context, request);
        }
        else if (request.IsWatch)
        {
            await AnswerWatchAsync(context, request);
        }
        else
        {
            await AnswerListAsync(context, request);
        }
    }
}
