using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Api.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.Tests.Writing;

/// <summary>
/// As much of an API server as writers see, over a real socket: objects by path with resource versions, create, merge patch (of the status
/// subresource too), 404, 409, and lists by label. It records writes.
/// </summary>
internal sealed class FakeApi : IAsyncDisposable
{
    private readonly Lock _gate = new(); // guards _objects and _version
    private readonly Dictionary<string, JsonObject> _objects = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _writes = new();
    private readonly WebApplication _app;
    private long _version;

    private FakeApi(WebApplication app)
    {
        _app = app;
    }

    /// <summary>Writes that were stored, <c>PATCH /path</c>, oldest first.</summary>
    public IReadOnlyCollection<string> Writes => _writes;

    /// <summary>The status to answer a request with instead of serving it; null serves it.</summary>
    public Func<string, string, int?> Refuse { get; set; } = (_, _) => null;

    /// <summary>Called before a write is served, as another writer who is faster.</summary>
    public Action<string>? BeforeWrite { get; set; }

    public static async Task<FakeApi> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server => server.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var api = new FakeApi(app);
        app.Run(api.ServeAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return api;
    }

    public ApiClient Connect() => new(new ApiConnection { Server = new Uri(_app.Urls.First()) }, TimeProvider.System);

    /// <summary>Makes or replaces an object, as a user does.</summary>
    public void Apply(string collection, string json)
    {
        var item = JsonNode.Parse(json)!.AsObject();
        lock (_gate)
        {
            var path = $"{collection}/{item["metadata"]!["name"]}";
            item["metadata"]!["uid"] = _objects.GetValueOrDefault(path)?["metadata"]?["uid"]?.GetValue<string>() ?? $"uid-{++_version}";
            Store(path, item);
        }
    }

    /// <summary>Merges into an object, as another writer does.</summary>
    public void Merge(string path, string json)
    {
        lock (_gate)
        {
            var item = _objects[path].DeepClone().AsObject();
            Merge(item, JsonNode.Parse(json)!.AsObject());
            Store(path, item);
        }
    }

    public void Delete(string path)
    {
        lock (_gate)
        {
            _objects.Remove(path);
        }
    }

    public JsonNode? Find(string path)
    {
        lock (_gate)
        {
            return _objects.GetValueOrDefault(path)?.DeepClone();
        }
    }

    /// <summary>The objects of a kind, by path.</summary>
    public IReadOnlyList<JsonNode> All(string plural)
    {
        lock (_gate)
        {
            return [.. _objects.Where(pair => Parent(pair.Key).EndsWith("/" + plural, StringComparison.Ordinal)).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value.DeepClone())];
        }
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static string Parent(string path) => path[..path.LastIndexOf('/')];

    private void Store(string path, JsonObject item)
    {
        item["metadata"]!["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
        _objects[path] = item;
    }

    private async Task ServeAsync(HttpContext context)
    {
        var (method, path) = (context.Request.Method, context.Request.Path.Value!);
        if (Refuse(method, path) is { } refusal)
        {
            context.Response.StatusCode = refusal;
            await context.Response.WriteAsync("""{"kind": "Status", "message": "refused by the test", "reason": "Test"}""", context.RequestAborted);
            return;
        }

        var body = method == HttpMethods.Get ? null : (await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted))!.AsObject();
        if (body is not null)
        {
            BeforeWrite?.Invoke(path);
        }

        var (status, answer) = method switch
        {
            "GET" => Get(path, context.Request.Query["labelSelector"]),
            "POST" => Create(path, body!),
            "PATCH" => Patch(path, body!),
            _ => (StatusCodes.Status405MethodNotAllowed, null),
        };
        if (body is not null && status < 300)
        {
            _writes.Enqueue($"{method} {path}");
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer?.ToJsonString() ?? """{"kind": "Status"}""", context.RequestAborted);
    }

    private (int Status, JsonNode? Answer) Get(string path, string? selector)
    {
        lock (_gate)
        {
            if (path == "/api/v1/services")
            {
                return (200, new JsonObject { ["items"] = new JsonArray([.. All("services")]) });
            }

            if (selector is null)
            {
                return _objects.TryGetValue(path, out var found) ? (200, found.DeepClone()) : (404, null);
            }

            var wanted = selector.Split(',').Select(pair => pair.Split('='));
            var items = _objects.Where(pair => Parent(pair.Key) == path && wanted.All(label => (string?)pair.Value["metadata"]!["labels"]?[label[0]] == label[1]));
            return (200, new JsonObject { ["items"] = new JsonArray([.. items.Select(pair => pair.Value.DeepClone())]) });
        }
    }

    private (int Status, JsonNode? Answer) Create(string collection, JsonObject item)
    {
        lock (_gate)
        {
            var path = $"{collection}/{item["metadata"]!["name"]}";
            if (_objects.ContainsKey(path))
            {
                return (409, null);
            }

            Store(path, item);
            return (201, item.DeepClone());
        }
    }

    private (int Status, JsonNode? Answer) Patch(string path, JsonObject patch)
    {
        lock (_gate)
        {
            var isStatus = path.EndsWith("/status", StringComparison.Ordinal);
            var name = isStatus ? Parent(path) : path;
            if (!_objects.TryGetValue(name, out var current))
            {
                return (404, null);
            }

            if (patch["metadata"]?["resourceVersion"] is { } version && (string?)version != (string?)current["metadata"]!["resourceVersion"])
            {
                return (409, null);
            }

            var next = current.DeepClone().AsObject();
            Merge(next, isStatus ? new JsonObject { ["status"] = patch["status"]!.DeepClone() } : patch);
            Store(name, next);
            return (200, next.DeepClone());
        }
    }

    // RFC 7386.
    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (key, value) in patch)
        {
            if (value is null)
            {
                target.Remove(key);
            }
            else if (value is JsonObject inner && target[key] is JsonObject nested)
            {
                Merge(nested, inner);
            }
            else
            {
                target[key] = value.DeepClone();
            }
        }
    }
}
