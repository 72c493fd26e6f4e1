using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Testing.Api;

/// <content>What changes objects: tests, as any user, and requests.</content>
public sealed partial class FakeApiServer
{
    private int _lastClusterIP;

    /// <summary>Creates or changes an object of <paramref name="resource"/> (<c>services</c>) and tells the watches.</summary>
    public void Set(string resource, string json)
    {
        lock (_lock)
        {
            Store(ResourceOf(resource), (JsonObject)JsonNode.Parse(json)!);
        }
    }

    /// <summary>The same by the path of its collection, which says the namespace.</summary>
    public void Apply(string collection, string json)
    {
        var (request, item) = (FakeRequest.Read(collection), (JsonObject)JsonNode.Parse(json)!);
        lock (_lock)
        {
            Store(ResourceOf(request.Resource), Within(request, item));
        }
    }

    /// <summary>Merges into the object at a path, as another writer does.</summary>
    public void Merge(string path, string json)
    {
        lock (_lock)
        {
            Merge(FakeRequest.Read(path), (JsonObject)JsonNode.Parse(json)!);
        }
    }

    public void Delete(string resource, string? ns, string name)
    {
        lock (_lock)
        {
            Remove(ResourceOf(resource), ns, name);
        }
    }

    /// <summary>The same by path; nothing happens when it is not there.</summary>
    public void Delete(string path)
    {
        var request = FakeRequest.Read(path);
        lock (_lock)
        {
            if (ResourceOf(request.Resource).Find(request.Namespace, request.Name!) is not null)
            {
                Remove(ResourceOf(request.Resource), request.Namespace, request.Name!);
            }
        }
    }

    /// <summary>The object at a path.</summary>
    public JsonNode? Find(string path)
    {
        var request = FakeRequest.Read(path);
        lock (_lock)
        {
            return ResourceOf(request.Resource).Find(request.Namespace, request.Name!)?.Item.DeepClone();
        }
    }

    /// <summary>The objects of a kind, by namespace and name.</summary>
    public IReadOnlyList<JsonNode> All(string resource)
    {
        lock (_lock)
        {
            return [.. ResourceOf(resource).Objects.Select(stored => stored.Item.DeepClone())];
        }
    }

    private async Task AnswerWriteAsync(HttpContext context, FakeRequest request)
    {
        var body = await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted) as JsonObject ?? [];
        var path = context.Request.Path.Value!;
        BeforeWrite?.Invoke(path);
        FakeObject? stored;
        lock (_lock)
        {
            var resource = ResourceOf(request.Resource);
            var name = request.Name ?? (string)body["metadata"]!["name"]!;
            var current = resource.Find(request.Namespace, name);
            if (request.Name is null ? current is not null : body["metadata"]?["resourceVersion"] is { } version && (string?)version != current?.Version)
            {
                stored = current ?? new FakeObject(body);
                context.Response.StatusCode = StatusCodes.Status409Conflict;
            }
            else
            {
                stored = (context.Request.Method, current) switch
                {
                    ("POST", _) => Store(resource, Default(request.Resource, Within(request, body))),
                    (_, null) => null,
                    ("PATCH", _) => Merge(request, body),
                    ("PUT", _) => Store(resource, Within(request, body)),
                    ("DELETE", _) => Remove(resource, request.Namespace, name),
                    _ => throw new NotSupportedException(context.Request.Method),
                };
            }
        }

        if (context.Response.StatusCode == StatusCodes.Status409Conflict)
        {
            await AnswerStatusAsync(context, 409, request.Name is null ? "AlreadyExists" : "Conflict", "somebody was faster");
        }
        else if (stored is null)
        {
            await AnswerNotFoundAsync(context, request);
        }
        else
        {
            _writes.Enqueue($"{context.Request.Method} {path}");
            context.Response.StatusCode = request.Name is null ? StatusCodes.Status201Created : StatusCodes.Status200OK;
            await AnswerJsonAsync(context, stored.Json);
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

    private FakeObject Store(FakeResource resource, JsonObject item)
    {
        var metadata = item["metadata"]!;
        var known = resource.Find((string?)metadata["namespace"], (string)metadata["name"]!);
        metadata["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
        metadata["uid"] ??= known?.Item["metadata"]!["uid"]!.DeepClone() ?? $"uid-{_version.ToString(CultureInfo.InvariantCulture)}";
        var stored = new FakeObject(item);
        resource.Set(stored);
        Tell(resource, known is null ? "ADDED" : "MODIFIED", stored);
        return stored;
    }

    private FakeObject Merge(FakeRequest request, JsonObject patch)
    {
        var resource = ResourceOf(request.Resource);
        var next = (JsonObject)resource.Find(request.Namespace, request.Name!)!.Item.DeepClone();
        Merge(next, request.IsStatus ? new JsonObject { ["status"] = patch["status"]!.DeepClone() } : patch);
        return Store(resource, next);
    }

    private FakeObject Remove(FakeResource resource, string? ns, string name)
    {
        var item = (JsonObject)resource.Remove(ns, name).Item.DeepClone();
        item["metadata"]!["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
        var last = new FakeObject(item);
        Tell(resource, "DELETED", last);
        if (resource == _resources.GetValueOrDefault("namespaces"))
        {
            foreach (var (other, orphan) in _resources.Values.SelectMany(other => other.Objects.Where(stored => stored.Namespace == name).Select(stored => (other, stored))).ToList())
            {
                Remove(other, orphan.Namespace, orphan.Name);
            }
        }

        return last;
    }

    private void Tell(FakeResource resource, string type, FakeObject item)
    {
        var line = EventLine(type, item);
        resource.Events.Add((_version, item, line));
        foreach (var watch in _watches.Where(watch => watch.Resource == resource && watch.Request.Selects(item)))
        {
            watch.Write(line);
        }
    }

    private static JsonObject Within(FakeRequest request, JsonObject item)
    {
        if (request.Namespace is not null)
        {
            item["metadata"]!["namespace"] ??= request.Namespace;
        }

        return item;
    }

    /// <summary>What an API server adds to a Service that a user made, as far as anybody here cares.</summary>
    private JsonObject Default(string resource, JsonObject item)
    {
        if (resource == "services" && item["spec"] is JsonObject spec && (string?)spec["type"] != "ExternalName")
        {
            var number = ++_lastClusterIP;
            spec["type"] ??= "ClusterIP";
            spec["clusterIP"] ??= $"10.96.{(number / 256).ToString(CultureInfo.InvariantCulture)}.{(number % 256).ToString(CultureInfo.InvariantCulture)}";
            spec["clusterIPs"] ??= new JsonArray(spec["clusterIP"]!.DeepClone());
            spec["ipFamilies"] ??= new JsonArray("IPv4");
            foreach (var port in spec["ports"]!.AsArray())
            {
                port!["protocol"] ??= "TCP";
                port["targetPort"] ??= port["port"]!.DeepClone();
            }
        }

        return item;
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
