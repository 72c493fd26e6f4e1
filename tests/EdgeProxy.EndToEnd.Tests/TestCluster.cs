using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Api.Configuration;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>The disposable cluster that EDGEPROXY_TEST_KUBECONFIG names, and a namespace of this test's own in it, which goes with it.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private const string Variable = "EDGEPROXY_TEST_KUBECONFIG";
    private const string RestartVariable = "EDGEPROXY_TEST_RESTART";

    private readonly ApiClient _client;

    private TestCluster(string kubeconfig, ApiClient client)
    {
        Kubeconfig = kubeconfig;
        _client = client;
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

    public static async Task<TestCluster> OpenAsync()
    {
        var kubeconfig = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(string.IsNullOrEmpty(kubeconfig), $"{Variable} names no cluster; any disposable one will do, such as kind.");
        var cluster = new TestCluster(kubeconfig!, new ApiClient(KubeconfigFile.Load(kubeconfig!, null, TimeProvider.System), TimeProvider.System));
        await cluster.SendAsync(HttpMethod.Post, "/api/v1/namespaces", $$"""{"metadata":{"name":"{{cluster.Namespace}}"} }""");
        return cluster;
    }

    public async ValueTask DisposeAsync()
    {
        await SendAsync(HttpMethod.Delete, $"/api/v1/namespaces/{Namespace}", "{}");
        _client.Dispose();
    }

    /// <summary>The command that kills the API server and starts it again.</summary>
    public static string RestartCommand()
    {
        var command = Environment.GetEnvironmentVariable(RestartVariable);
        Assert.SkipWhen(string.IsNullOrEmpty(command), $"{RestartVariable} names no command that restarts the API server.");
        return command!;
    }

    /// <summary>Runs <see cref="RestartCommand"/> to its end.</summary>
    public static async Task RestartAsync(string command)
    {
        using var restart = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        await restart.WaitForExitAsync(Deadline);
        Assert.Equal(0, restart.ExitCode);
    }

    /// <summary>Creates an object in the namespace; <paramref name="collection"/> as <c>/api/v1 services</c>.</summary>
    public Task CreateAsync(string collection, string json) => SendAsync(HttpMethod.Post, PathOf(collection), json);

    /// <summary>Changes an object by a JSON merge patch.</summary>
    public Task MergeAsync(string collection, string name, string json) =>
        SendAsync(HttpMethod.Patch, $"{PathOf(collection)}/{name}", json, "application/merge-patch+json");

    /// <summary>An object of the namespace.</summary>
    public async Task<JsonNode> ReadAsync(string collection, string name)
    {
        using var response = await _client.SendAsync(new ApiRequest(HttpMethod.Get, $"{PathOf(collection)}/{name}"), Deadline);
        response.EnsureSuccess();
        return (await JsonNode.ParseAsync(response.Body, cancellationToken: Deadline))!;
    }

    public Task DeleteAsync(string collection, string name) => SendAsync(HttpMethod.Delete, $"{PathOf(collection)}/{name}", "{}");

    /// <summary>A Service with an endpoint on each of these ports of this host.</summary>
    public async Task CreateServiceAsync(string name, params int[] ports)
    {
        await CreateAsync("/api/v1 services", $$"""{"metadata":{"name":"{{name}}"},"spec":{"ports":[{"port":80}]} }""");
        foreach (var (index, port) in ports.Index())
        {
            await CreateAsync("/apis/discovery.k8s.io/v1 endpointslices", Slice(name, index, port));
        }
    }

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

    private string PathOf(string collection) => collection.Split(' ') is [var group, var resource] ? $"{group}/namespaces/{Namespace}/{resource}" : collection;

    private async Task SendAsync(HttpMethod method, string path, string json, string? contentType = null)
    {
        using var response = await _client.SendAsync(new ApiRequest(method, path) { Body = Encoding.UTF8.GetBytes(json), ContentType = contentType }, Deadline);
        Assert.True(response.IsSuccess, $"{method} {path}: {(HttpStatusCode)response.Status} {response.Message}");
    }
}
