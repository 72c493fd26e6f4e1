using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Api.Configuration;
using EdgeProxy.Testing.Api;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>Which API server a test is about.</summary>
public enum ClusterKind
{
    /// <summary>The one in this process.</summary>
    Fake,

    /// <summary>That of the disposable cluster which EDGEPROXY_TEST_KUBECONFIG names.</summary>
    Real,
}

/// <summary>A cluster, and a namespace of this test's own in it, which goes with it.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    /// <summary>The collection of tests at a real cluster: those that restart its API server would keep others from electing a leader in time.</summary>
    public const string OneAtATime = "the real cluster";

    private const string Variable = "EDGEPROXY_TEST_KUBECONFIG";
    private const string RestartVariable = "EDGEPROXY_TEST_RESTART";
    private const string CompactVariable = "EDGEPROXY_TEST_COMPACT";

    private readonly ApiClient _client;
    private readonly FakeApiServer? _fake;

    private TestCluster(string kubeconfig, FakeApiServer? fake)
    {
        Kubeconfig = kubeconfig;
        _client = new ApiClient(KubeconfigFile.Load(kubeconfig, null, TimeProvider.System), TimeProvider.System);
        _fake = fake;
    }

    /// <summary>An address of this host that a cluster takes for an endpoint's, which a loopback one is not.</summary>
    public static IPAddress Address { get; } = NetworkInterface.GetAllNetworkInterfaces()
        .Where(each => each.OperationalStatus == OperationalStatus.Up && each.NetworkInterfaceType != NetworkInterfaceType.Loopback)
        .SelectMany(each => each.GetIPProperties().UnicastAddresses)
        .Select(each => each.Address)
        .First(each => each.AddressFamily == AddressFamily.InterNetwork);

    public string Kubeconfig { get; }

    public string Namespace { get; } = $"edgeproxy-{Guid.NewGuid():N}";

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    /// <summary>Opens one; a test of the real one is skipped where there is none.</summary>
    public static async Task<TestCluster> OpenAsync(ClusterKind kind = ClusterKind.Real)
    {
        var cluster = kind == ClusterKind.Real
            ? new TestCluster(Named(Variable, "names no cluster; any disposable one will do, such as kind"), null)
            : await FakeAsync();
        await cluster.SendAsync(HttpMethod.Post, "/api/v1/namespaces", $$"""{"metadata":{"name":"{{cluster.Namespace}}"} }""");
        return cluster;
    }

    public async ValueTask DisposeAsync()
    {
        await SendAsync(HttpMethod.Delete, $"/api/v1/namespaces/{Namespace}", "{}");
        _client.Dispose();
        if (_fake is not null)
        {
            await _fake.DisposeAsync();
            File.Delete(Kubeconfig);
        }
    }

    /// <summary>Skips the test where <see cref="RestartAsync"/>, and with <paramref name="compacts"/> <see cref="CompactAsync"/>, cannot be done.</summary>
    public void RequireControl(bool compacts = false)
    {
        if (_fake is null)
        {
            Named(RestartVariable, "names no command that restarts the API server");
        }

        if (_fake is null && compacts)
        {
            Named(CompactVariable, "names no command that compacts etcd");
        }
    }

    /// <summary>Kills the API server and starts it again.</summary>
    public async Task RestartAsync()
    {
        if (_fake is null)
        {
            await RunAsync(RestartVariable);
            return;
        }

        await _fake.VanishAsync();
        await _fake.ListenAsync();
    }

    /// <summary>Makes the API server forget old versions.</summary>
    public async Task CompactAsync()
    {
        if (_fake is null)
        {
            await RunAsync(CompactVariable);
            return;
        }

        _fake.Compact();
    }

    /// <summary>Whether a watch from this version on is told that it is too old (410).</summary>
    public async Task<bool> HasForgottenAsync(string collection, string version)
    {
        using var response = await AskAsync(
            new ApiRequest(HttpMethod.Get, $"{PathOf(collection)}?watch=1&timeoutSeconds=1&resourceVersion={version}"));
        using var answer = new StreamReader(response.Body);
        return response.Status == (int)HttpStatusCode.Gone || (await answer.ReadToEndAsync(Deadline)).Contains("\"code\":410", StringComparison.Ordinal);
    }

    /// <summary>Creates an object in the namespace; <paramref name="collection"/> as <c>/api/v1 services</c>.</summary>
    public Task CreateAsync(string collection, string json) => SendAsync(HttpMethod.Post, PathOf(collection), json);

    /// <summary>Changes an object by a JSON merge patch.</summary>
    public Task MergeAsync(string collection, string name, string json) =>
        SendAsync(HttpMethod.Patch, $"{PathOf(collection)}/{name}", json, "application/merge-patch+json");

    /// <summary>An object of the namespace.</summary>
    public async Task<JsonNode> ReadAsync(string collection, string name)
    {
        using var response = await AskAsync(new ApiRequest(HttpMethod.Get, $"{PathOf(collection)}/{name}"));
        response.EnsureSuccess();
        return (await JsonNode.ParseAsync(response.Body, cancellationToken: Deadline))!;
    }

    public Task DeleteAsync(string collection, string name) => SendAsync(HttpMethod.Delete, $"{PathOf(collection)}/{name}", "{}");

    /// <summary>A Service with an endpoint on each of these ports of this host.</summary>
    public Task CreateServiceAsync(string name, params int[] ports) => CreateServiceAsync(name, "{\"ports\":[{\"port\":80}]}", ports);

    /// <summary>The same with another port, which leads to it at <see cref="Address"/> as well.</summary>
    public Task CreateExternalServiceAsync(string name, int externalPort, params int[] ports) =>
        CreateServiceAsync(name, $$"""{"externalIPs":["{{Address}}"],"ports":[{"port":{{externalPort}} }]}""", ports);

    /// <summary>A slice of one endpoint.</summary>
    public static string Slice(string service, int index, int port) => $$"""
        {"metadata":{"name":"{{service}}-{{index}}","labels":{"kubernetes.io/service-name":"{{service}}"} },"addressType":"IPv4",
        "ports":[{"name":"","port":{{port}},"protocol":"TCP"}],"endpoints":[{"addresses":["{{Address}}"],"conditions":{"ready":true} }]}
        """;

    /// <summary>
    /// Has the server check an object of any kind strictly, without keeping it; null: it would take it. What has a namespace is put into ours.
    /// </summary>
    public async Task<string?> TryDryRunAsync(JsonNode item)
    {
        var (version, kind, copy) = ((string)item["apiVersion"]!, (string)item["kind"]!, item.DeepClone());
        var plural = kind.ToLowerInvariant() switch { [.. var stem, 'y'] => $"{stem}ies", [.., 's'] name => $"{name}es", var name => $"{name}s" };
        var path = version.Contains('/', StringComparison.Ordinal) ? $"/apis/{version}" : $"/api/{version}";
        if (copy["metadata"]!["namespace"] is not null)
        {
            copy["metadata"]!["namespace"] = Namespace;
            path += $"/namespaces/{Namespace}";
        }

        var request = new ApiRequest(HttpMethod.Post, $"{path}/{plural}?dryRun=All&fieldValidation=Strict") { Body = Encoding.UTF8.GetBytes(copy.ToJsonString()) };
        using var response = await _client.SendAsync(request, Deadline);
        return response.IsSuccess ? null : $"{(HttpStatusCode)response.Status} {response.Message}";
    }

    /// <summary>An Ingress with one host, for the Service's port 80 unless another one is given.</summary>
    public static string Ingress(string name, string host, string service, int port = 80) => $$"""{"metadata":{"name":"{{name}}"},{{Rules(host, service, port)[1..]}}""";

    /// <summary>What a patch makes such an Ingress say.</summary>
    public static string Rules(string host, string service, int port = 80) => $$"""
        {"spec":{"ingressClassName":"edgeproxy","rules":[{"host":"{{host}}","http":{"paths":[{"path":"/","pathType":"Prefix","backend":{"service":{"name":"{{service}}","port":{"number":{{port}} } } } }]} }]} }
        """;

    private static async Task<TestCluster> FakeAsync()
    {
        var server = await FakeApiServer.StartAsync();
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, server.Kubeconfig, Deadline);
        return new TestCluster(file, server);
    }

    private static string Named(string variable, string otherwise)
    {
        var value = Environment.GetEnvironmentVariable(variable);
        Assert.SkipWhen(string.IsNullOrEmpty(value), $"{variable} {otherwise}.");
        return value!;
    }

    private static async Task RunAsync(string variable)
    {
        using var command = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", Environment.GetEnvironmentVariable(variable)!]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        await command.WaitForExitAsync(Deadline);
        Assert.Equal(0, command.ExitCode);
    }

    private async Task CreateServiceAsync(string name, string spec, int[] ports)
    {
        await CreateAsync("/api/v1 services", $$"""{"metadata":{"name":"{{name}}"},"spec":{{spec}} }""");
        foreach (var (index, port) in ports.Index())
        {
            await CreateAsync("/apis/discovery.k8s.io/v1 endpointslices", Slice(name, index, port));
        }
    }

    private string PathOf(string collection) => collection.Split(' ') is [var group, var resource] ? $"{group}/namespaces/{Namespace}/{resource}" : collection;

    private async Task SendAsync(HttpMethod method, string path, string json, string? contentType = null)
    {
        using var response = await AskAsync(new ApiRequest(method, path) { Body = Encoding.UTF8.GetBytes(json), ContentType = contentType });
        Assert.True(response.IsSuccess, $"{method} {path}: {(HttpStatusCode)response.Status} {response.Message}");
    }

    /// <summary>Another test may be restarting the API server just now: then it is asked again, for at most 30 seconds.</summary>
    private async Task<ApiResponse> AskAsync(ApiRequest request)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                return await _client.SendAsync(request, Deadline);
            }
            catch (ApiException error) when (error.Reason == ApiException.Unreachable && !patience.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Deadline);
            }
        }
    }
}
