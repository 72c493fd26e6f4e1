using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EdgeProxy.Testing.Api;

/// <summary>
/// An API server in this process, with what matters of list and watch: one resource version for everything, pages of one moment, watches that go
/// on from a version or are told 410 when it is compacted, bookmarks, lists as streams, and objects that are made and patched with versions. Plain
/// HTTP/1.1. Objects are kept as they are given; nothing is validated.
/// </summary>
public sealed class FakeApiServer : IAsyncDisposable
{
    private readonly Lock _lock = new(); // guards everything below
    private readonly Dictionary<string, FakeResource> _resources = [];
    private readonly Dictionary<string, (long Version, List<JsonObject> Items)> _pages = [];
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

    public Uri Address => new($"http://{_address}:{_port.ToString(CultureInfo.InvariantCulture)}");

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

    /// <summary>Creates or changes an object of <paramref name="resource"/> (<c>services</c>) and tells the watches.</summary>
    public void Set(string resource, string json)
    {
        var item = (JsonObject)JsonNode.Parse(json)!;
        lock (_lock)
        {
            var stored = ResourceOf(resource);
            Stamp(item);
            var type = stored.Set(item) ? "MODIFIED" : "ADDED";
            Tell(stored, type, item);
        }
    }

    public void Delete(string resource, string? ns, string name)
    {
        lock (_lock)
        {
            var stored = ResourceOf(resource);
            var item = (JsonObject)stored.Remove(ns, name).DeepClone();
            Stamp(item);
            Tell(stored, "DELETED", item);
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
        return context.Response.WriteAsync(Status(code, reason, message).ToJsonString(), context.RequestAborted);
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

        if (context.Request.Path.Value!.Count(letter => letter == '/') == 3 && context.Request.Path.StartsWithSegments("/apis", StringComparison.Ordinal))
        {
            await context.Response.WriteAsync("""{"kind":"APIResourceList"}""", context.RequestAborted); // a group, such as /apis/discovery.k8s.io/v1
        }
        else if (FakeRequest.Read(context.Request) is not { } request)
        {
            await AnswerStatusAsync(context, 404, "NotFound", "the server could not find the requested resource");
        }
        else if (context.Request.Method is "POST" or "PATCH")
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

    private Task AnswerObjectAsync(HttpContext context, FakeRequest request)
    {
        string? text;
        lock (_lock)
        {
            text = ResourceOf(request.Resource).Find(request.Namespace, request.Name!)?.ToJsonString();
        }

        return text is null ? AnswerStatusAsync(context, 404, "NotFound", $"{request.Resource} \"{request.Name}\" not found") : context.Response.WriteAsync(text, context.RequestAborted);
    }

    /// <summary>Makes an object, or merges into one; with a resourceVersion only into that version.</summary>
    private async Task AnswerWriteAsync(HttpContext context, FakeRequest request)
    {
        var body = (JsonObject)(await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted))!;
        var name = request.Name ?? (string)body["metadata"]!["name"]!;
        string? answer = null;
        lock (_lock)
        {
            var resource = ResourceOf(request.Resource);
            var current = resource.Find(request.Namespace, name);
            var isConflict = request.Name is null
                ? current is not null
                : body["metadata"]?["resourceVersion"] is { } version && (string?)version != (string?)current?["metadata"]!["resourceVersion"];
            if (!isConflict)
            {
                var item = (JsonObject)(current?.DeepClone() ?? new JsonObject { ["metadata"] = new JsonObject { ["namespace"] = request.Namespace } });
                FakeResource.Merge(item, body);
                Stamp(item);
                Tell(resource, resource.Set(item) ? "MODIFIED" : "ADDED", item);
                answer = item.ToJsonString();
            }
        }

        await (answer is null
            ? AnswerStatusAsync(context, 409, request.Name is null ? "AlreadyExists" : "Conflict", "the object has been modified")
            : context.Response.WriteAsync(answer, context.RequestAborted));
    }

    private Task AnswerListAsync(HttpContext context, FakeRequest request)
    {
        var list = new JsonObject { ["kind"] = "List", ["apiVersion"] = "v1" };
        lock (_lock)
        {
            if (request.Continue is { } token && !_pages.ContainsKey(token))
            {
                return AnswerStatusAsync(context, 410, "Expired", "The provided continue parameter is too old");
            }

            var (version, rest) = request.Continue is { } known
                ? _pages[known]
                : (_version, ResourceOf(request.Resource).Items.Where(request.Selects).Select(item => (JsonObject)item.DeepClone()).ToList());
            var page = request.Limit is > 0 and var limit ? rest.Take(limit).ToList() : rest;
            var metadata = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) };
            if (page.Count < rest.Count)
            {
                var next = $"page-{(++_lastToken).ToString(CultureInfo.InvariantCulture)}";
                _pages[next] = (version, rest.Skip(page.Count).ToList());
                metadata["continue"] = next;
            }

            list["metadata"] = metadata;
            list["items"] = new JsonArray([.. page.Select(item => item.DeepClone())]);
        }

        return context.Response.WriteAsync(list.ToJsonString(), context.RequestAborted);
    }

    private async Task AnswerWatchAsync(HttpContext context, FakeRequest request)
    {
        if (request.SendsInitialEvents && !StreamsLists)
        {
            await AnswerStatusAsync(context, 422, "Invalid", "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled");
            return;
        }

        var watch = Open(request);
        try
        {
            await context.Response.StartAsync(context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            using var timeout = new CancellationTokenSource(request.Timeout);
            using var registration = timeout.Token.Register(watch.End);
            await foreach (var line in watch.Lines.ReadAllAsync(context.RequestAborted))
            {
                await context.Response.WriteAsync(line + "\n", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // Whoever watched has left.
        }
        catch (IOException)
        {
            context.Abort(); // told to break
        }
        finally
        {
            lock (_lock)
            {
                _watches.Remove(watch);
            }
        }
    }

    /// <summary>Under one lock, so that nothing falls between what is told now and what is told as it happens.</summary>
    private FakeWatch Open(FakeRequest request)
    {
        lock (_lock)
        {
            var resource = ResourceOf(request.Resource);
            var watch = new FakeWatch(resource, request);
            if (request.SendsInitialEvents)
            {
                resource.Items.Where(request.Selects).ToList().ForEach(item => watch.Write(EventLine("ADDED", item)));
                watch.Write(BookmarkLine(isInitialEnd: true));
            }
            else if (request.Version < _compacted)
            {
                watch.Write(new JsonObject { ["type"] = "ERROR", ["object"] = Status(410, "Expired", $"too old resource version: {request.Version} ({_compacted})") }.ToJsonString());
                watch.End();
                return watch;
            }
            else
            {
                resource.Events.Where(entry => entry.Version > request.Version && request.Selects(entry.Item)).ToList().ForEach(entry => watch.Write(entry.Line));
            }

            _watches.Add(watch);
            return watch;
        }
    }

    private FakeResource ResourceOf(string name)
    {
        if (!_resources.TryGetValue(name, out var resource))
        {
            _resources.Add(name, resource = new FakeResource());
        }

        return resource;
    }

    private void Stamp(JsonObject item) => item["metadata"]!["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);

    private void Tell(FakeResource resource, string type, JsonObject item)
    {
        var line = EventLine(type, item);
        resource.Events.Add((_version, item, line));
        foreach (var watch in _watches.Where(watch => watch.Resource == resource && watch.Request.Selects(item)))
        {
            watch.Write(line);
        }
    }

    private static string EventLine(string type, JsonObject item) => $$"""{"type":"{{type}}","object":{{item.ToJsonString()}}}""";

    private string BookmarkLine(bool isInitialEnd)
    {
        var annotations = isInitialEnd ? ""","annotations":{"k8s.io/initial-events-end":"true"}""" : "";
        return $$"""{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"{{_version.ToString(CultureInfo.InvariantCulture)}}","creationTimestamp":null{{annotations}}} } }""";
    }
}
