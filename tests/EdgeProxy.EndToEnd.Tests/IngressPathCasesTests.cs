using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeProxy.Testing;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>tests/cases/ingress-paths through the whole program: manifests in, request bytes on a socket, the chosen backend's answer out.</summary>
public sealed class IngressPathCasesTests
{
    private static readonly JsonElement Cases = TestCases.ReadJson("ingress-paths/cases.json").GetProperty("cases");

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Every_case_reaches_its_backend_with_its_target_untouched()
    {
        await using var backends = new NamingBackends();
        using var folder = new ManifestFolder();
        folder.Write("services.json", Services(backends).ToJsonString());
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--node-ip", "127.0.0.1");
        var deviations = new List<string>();
        var number = 0;

        foreach (var entry in Cases.EnumerateArray())
        {
            // The marker host is part of the same write, so its answer tells that the whole case is live.
            var marker = $"case-{number++}.marker.test";
            folder.Write("case.json", Ingresses(entry.GetProperty("ingresses"), marker).ToJsonString());
            await proxy.WaitForAsync(async () => await AskAsync(proxy, marker, "/") == "marker /", $"case {Text(entry, "name")} to go live");

            var (expected, why) = Expectation(entry);
            var answer = await AskAsync(proxy, Text(entry.GetProperty("request"), "host")!, Text(entry.GetProperty("request"), "path")!);
            if (answer != expected)
            {
                deviations.Add($"{Text(entry, "name")}: {why} — expected '{expected}', got '{answer}'");
            }
        }

        Assert.True(deviations.Count == 0, string.Join('\n', deviations));
        Assert.Equal(214, number);
    }

    /// <summary>The backend's name and the target that it has to see, or the status of the proxy's own answer.</summary>
    private static (string Answer, string Why) Expectation(JsonElement entry)
    {
        var expect = entry.GetProperty("expect");
        if (Text(expect, "backend") is { } backend)
        {
            // A target without a path has the path "/" on the way to a server (RFC 9112 §3.2.1).
            var path = Text(entry.GetProperty("request"), "path")!;
            return ($"{backend} {(path.StartsWith('/') ? path : "/" + path)}", Text(expect, "why")!);
        }

        // Kestrel refuses a Host that is no host name before we see the request: no backend either way.
        var own = Text(entry.GetProperty("request"), "host")!.Contains('*', StringComparison.Ordinal) ? "400" : "404";
        return (expect.TryGetProperty("status", out var status) ? $"{status.GetInt32()}" : own, Text(expect, "why")!);
    }

    /// <summary>Sends exactly this target and Host; an empty path goes out in absolute form, the only one that has it.</summary>
    /// <returns>What the backend said, or the status when it is not 200.</returns>
    private static async Task<string> AskAsync(EdgeProxyProcess proxy, string host, string path)
    {
        using var connection = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await connection.ConnectAsync(IPAddress.Loopback, proxy.HttpPort, Deadline);
        var target = path.StartsWith('/') ? path : $"http://{host}{path}";
        await connection.SendAsync(Encoding.Latin1.GetBytes($"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"), Deadline);

        var answer = new StringBuilder();
        var buffer = new byte[4096];
        while (await connection.ReceiveAsync(buffer, Deadline) is var received and > 0)
        {
            answer.Append(Encoding.Latin1.GetString(buffer, 0, received));
        }

        var (head, body) = answer.ToString().Split("\r\n\r\n", 2) is [var first, var rest] ? (first, rest) : (answer.ToString(), "");
        return head.Split(' ') is [_, "200", ..] ? body : head.Split(' ').ElementAtOrDefault(1) ?? "no answer";
    }

    /// <summary>The Services of all cases, each with the backend that answers with its name.</summary>
    private static JsonObject Services(NamingBackends backends)
    {
        var names = Cases.EnumerateArray()
            .SelectMany(entry => Items(entry, "ingresses"))
            .SelectMany(ingress => Paths(ingress).Append(ingress)
                .Select(holder => (Namespace: Text(ingress, "namespace")!, Name: Text(holder, "backend") ?? Text(holder, "defaultBackend"))))
            .Where(service => service.Name is not null)
            .Append((Namespace: "default", Name: "marker"))
            .Distinct();
        return List(names.SelectMany(service => new[]
        {
            Service(service.Namespace, service.Name!),
            Endpoints(service.Namespace, service.Name!, backends.PortOf(service.Name!)),
        }));
    }

    /// <summary>The Ingresses of a case and the marker. Those of all other cases keep their names and serve a host nobody asks for: an object that
    /// disappears is waited for, in case the file is only being written, and 214 such waits are minutes.</summary>
    private static JsonObject Ingresses(JsonElement ingresses, string marker)
    {
        var items = new Dictionary<(string Namespace, string Name), JsonObject>();
        foreach (var other in Cases.EnumerateArray().SelectMany(entry => Items(entry, "ingresses")))
        {
            var key = (Text(other, "namespace")!, Text(other, "name")!);
            items[key] = Ingress(key.Item2, key.Item1, null, null, [MarkerRule("unused.marker.test")], beta: false);
        }

        items[("default", "marker")] = Ingress("marker", "default", null, null, [MarkerRule(marker)], beta: false);
        foreach (var ingress in ingresses.EnumerateArray())
        {
            var @namespace = Text(ingress, "namespace")!;
            var beta = Paths(ingress).Any(path => Text(path, "pathType") is null); // v1 requires a type; the old forms do not.
            items[(@namespace, Text(ingress, "name")!)] = Ingress(
                Text(ingress, "name")!,
                @namespace,
                Text(ingress, "created"),
                Text(ingress, "defaultBackend") is { } fallback ? Backend(fallback, beta) : null,
                [.. Items(ingress, "rules").Select(rule => Rule(Text(rule, "host"),
                    [.. Items(rule, "paths").Select(path => Path(Text(path, "path"), Text(path, "pathType"), Backend(Text(path, "backend")!, beta)))]))],
                beta);
        }

        return List(items.Values);
    }

    private static JsonObject List(IEnumerable<JsonObject> items) =>
        new() { ["apiVersion"] = "v1", ["kind"] = "List", ["items"] = new JsonArray([.. items]) };

    private static JsonObject MarkerRule(string host) => Rule(host, [Path("/", "Prefix", Backend("marker", beta: false))]);

    private static JsonObject Ingress(string name, string @namespace, string? created, JsonObject? fallback, JsonArray rules, bool beta)
    {
        var spec = new JsonObject();
        if (fallback is not null)
        {
            spec[beta ? "backend" : "defaultBackend"] = fallback;
        }

        if (rules.Count > 0)
        {
            spec["rules"] = rules;
        }

        return new JsonObject
        {
            ["apiVersion"] = beta ? "networking.k8s.io/v1beta1" : "networking.k8s.io/v1",
            ["kind"] = "Ingress",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = @namespace, ["creationTimestamp"] = created },
            ["spec"] = spec,
        };
    }

    private static JsonObject Rule(string? host, JsonArray paths)
    {
        var rule = new JsonObject();
        if (!string.IsNullOrEmpty(host))
        {
            rule["host"] = host;
        }

        if (paths.Count > 0)
        {
            rule["http"] = new JsonObject { ["paths"] = paths };
        }

        return rule;
    }

    private static JsonObject Path(string? path, string? type, JsonObject backend)
    {
        var rule = new JsonObject { ["backend"] = backend };
        if (path is not null)
        {
            rule["path"] = path;
        }

        if (type is not null)
        {
            rule["pathType"] = type;
        }

        return rule;
    }

    private static JsonObject Backend(string service, bool beta) => beta
        ? new JsonObject { ["serviceName"] = service, ["servicePort"] = 80 }
        : new JsonObject { ["service"] = new JsonObject { ["name"] = service, ["port"] = new JsonObject { ["number"] = 80 } } };

    private static JsonObject Service(string @namespace, string name) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Service",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = @namespace },
        ["spec"] = new JsonObject { ["ports"] = new JsonArray(new JsonObject { ["port"] = 80 }) },
    };

    private static JsonObject Endpoints(string @namespace, string name, int port) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Endpoints",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = @namespace },
        ["subsets"] = new JsonArray(new JsonObject
        {
            ["addresses"] = new JsonArray(new JsonObject { ["ip"] = "127.0.0.1" }),
            ["ports"] = new JsonArray(new JsonObject { ["port"] = port }),
        }),
    };

    private static IEnumerable<JsonElement> Paths(JsonElement ingress) => Items(ingress, "rules").SelectMany(rule => Items(rule, "paths"));

    private static IEnumerable<JsonElement> Items(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var items) ? items.EnumerateArray() : [];

    private static string? Text(JsonElement parent, string name) => parent.TryGetProperty(name, out var value) ? value.GetString() : null;
}
