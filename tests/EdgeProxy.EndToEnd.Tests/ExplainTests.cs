using System.Text.Json;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary><c>edgeproxy explain</c>, from manifests and from a running process.</summary>
public sealed class ExplainTests
{
    private const string Manifests = """
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec: {ports: [{port: 80}]}
        ---
        apiVersion: v1
        kind: Endpoints
        metadata: {name: web}
        subsets:
        - {addresses: [{ip: 127.0.0.1}], notReadyAddresses: [{ip: 127.0.0.2}], ports: [{port: 8080}]}
        ---
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: old, creationTimestamp: 2026-01-01T00:00:00Z}
        spec:
          rules:
          - host: shop.example.com
            http:
              paths:
              - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
              - {path: /api, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
              - {path: /gone, pathType: Exact, backend: {service: {name: gone, port: {number: 80}}}}
        ---
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata:
          name: young
          creationTimestamp: 2026-02-01T00:00:00Z
          annotations: {nginx.ingress.kubernetes.io/permanent-redirect: https://elsewhere.example/}
        spec:
          rules:
          - host: shop.example.com
            http:
              paths:
              - {path: /api, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
              - {path: /old, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
        """;

    [Fact(Timeout = 60_000)]
    public async Task Text_says_what_is_chosen_and_why_not_the_others()
    {
        using var folder = new ManifestFolder();
        folder.Write("all.yaml", Manifests);

        var (exitCode, output, _) = await EdgeProxyProcess.RunAsync("explain", "http://Shop.Example.com:8080/x/../api//v1?q=1", "--manifests", folder.Path);

        Assert.Equal(0, exitCode);
        Assert.Contains("path       /api/v1\n", output, StringComparison.Ordinal);
        Assert.Contains("host       → shop.example.com: chosen: the exact name\n", output, StringComparison.Ordinal);
        Assert.Contains("host       · *.example.com: not asked", output, StringComparison.Ordinal);
        Assert.Contains("rule       → default/old shop.example.com /api (Prefix): chosen\n", output, StringComparison.Ordinal);
        Assert.Contains("rule       · default/old shop.example.com / (Prefix): it matches, but a longer path comes first\n", output, StringComparison.Ordinal);
        Assert.Contains("rule       · default/old shop.example.com /gone (Exact): the path is not exactly /gone\n", output, StringComparison.Ordinal);
        Assert.Contains("rule       · default/young shop.example.com /api (Prefix): shadowed: default/old", output, StringComparison.Ordinal);
        Assert.Contains("endpoint   → 127.0.0.1:8080: may serve", output, StringComparison.Ordinal);
        Assert.Contains("endpoint   · 127.0.0.2:8080: not ready", output, StringComparison.Ordinal);
        Assert.Contains("upstream   GET /x/../api//v1?q=1 (Host: Shop.Example.com:8080)\n", output, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("http://shop.example.com/old/x", 0, "redirect", 301)]
    [InlineData("http://shop.example.com/gone", 1, "backend_missing", 503)]
    [InlineData("https://other.example.com/", 1, "no_route", 404)]
    [InlineData("http://shop.example.com/%zz", 1, "bad_request", 400)]
    public async Task Json_has_the_outcome(string url, int exitCode, string outcome, int status)
    {
        using var folder = new ManifestFolder();
        folder.Write("all.yaml", Manifests);

        var result = await EdgeProxyProcess.RunAsync("explain", "GET", url, "--manifests", folder.Path, "-o", "json");

        Assert.Equal(exitCode, result.ExitCode);
        var explanation = JsonDocument.Parse(result.Output).RootElement;
        Assert.Equal(outcome, explanation.GetProperty("outcome").GetString());
        Assert.Equal(status, explanation.GetProperty("status").GetInt32());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_running_process_explains_by_what_it_serves()
    {
        using var folder = new ManifestFolder();
        folder.Write("all.yaml", Manifests);
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path);

        var (exitCode, output, _) = await EdgeProxyProcess.RunAsync("explain", "http://shop.example.com/api", "--admin", $"http://127.0.0.1:{proxy.AdminPort}");

        Assert.Equal(0, exitCode);
        Assert.Contains("rule       → default/old shop.example.com /api (Prefix): chosen\n", output, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("ftp://shop.example.com/")]
    [InlineData("http:///")]
    public async Task A_url_that_is_none_is_said_to_be(string url)
    {
        using var folder = new ManifestFolder();
        folder.Write("all.yaml", Manifests);

        var (exitCode, _, errors) = await EdgeProxyProcess.RunAsync("explain", url, "--manifests", folder.Path);

        Assert.Equal(2, exitCode);
        Assert.Contains(url, errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Check_names_what_is_shadowed_and_by_whom()
    {
        using var folder = new ManifestFolder();
        folder.Write("all.yaml", Manifests);

        var (_, output, _) = await EdgeProxyProcess.RunAsync("check", folder.Path);

        Assert.Contains("Ingress default/young spec.rules[0].http.paths[0]: shadowed: the same host, path and type are taken, Ingress \"default/old\" is older", output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Check_says_what_becomes_of_each_annotation()
    {
        using var folder = new ManifestFolder();
        folder.Write("all.yaml", Manifests.Replace("https://elsewhere.example/}", "https://elsewhere.example/, nginx.ingress.kubernetes.io/stream-snippet: x, nginx.ingress.kubernetes.io/made-up: z}", StringComparison.Ordinal));

        var (_, text, _) = await EdgeProxyProcess.RunAsync("check", folder.Path);
        var (_, json, _) = await EdgeProxyProcess.RunAsync("check", folder.Path, "-o", "json");

        Assert.Contains("Ingress default/young: annotations honoured: permanent-redirect\n", text, StringComparison.Ordinal);
        Assert.Contains("  not supported: made-up: the annotation is not known", text, StringComparison.Ordinal);
        Assert.Contains("  not supported: stream-snippet: ", text, StringComparison.Ordinal);
        var uses = JsonDocument.Parse(json).RootElement.GetProperty("annotations").EnumerateArray().ToList();
        Assert.Equal(3, uses.Count);
        Assert.Contains(uses, use => use.GetProperty("annotation").GetString() == "nginx.ingress.kubernetes.io/permanent-redirect" && use.GetProperty("support").GetString() == "honoured");
    }
}
