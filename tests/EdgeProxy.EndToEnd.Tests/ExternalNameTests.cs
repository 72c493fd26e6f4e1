using System.Net;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>An Ingress that leads to an ExternalName Service, through the whole process and the system's resolver.</summary>
public sealed class ExternalNameTests
{
    [Fact(Timeout = 120_000)]
    public async Task The_name_is_resolved_and_its_port_is_the_Services()
    {
        await using var backend = await TestBackend.StartAsync("outside");
        using var folder = Manifests(backend.Port);
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--unsafe-local-targets", "true");
        using var client = new HttpClient();

        // Ready means that the name was asked for.
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://127.0.0.1:{proxy.HttpPort}/")) { Headers = { Host = "web.example.com" } };
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("ExternalName localhost means", proxy.Log, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Check_says_what_is_refused()
    {
        using var folder = Manifests(8080);

        var (refused, why, _) = await EdgeProxyProcess.RunAsync("check", folder.Path);
        var (allowed, _, _) = await EdgeProxyProcess.RunAsync("check", folder.Path, "--unsafe-local-targets", "true");
        var (forbidden, how, _) = await EdgeProxyProcess.RunAsync("check", folder.Path, "--allow-external-name-services", "false");

        Assert.Equal((1, 0, 1), (refused, allowed, forbidden));
        Assert.Contains("service.yaml:4:28: error: Service default/web spec.externalName: Invalid value: \"localhost\"", why, StringComparison.Ordinal);
        Assert.Contains("--allow-external-name-services forbids", how, StringComparison.Ordinal);
    }

    private static ManifestFolder Manifests(int port)
    {
        var folder = new ManifestFolder();
        folder.Write("service.yaml", $$"""
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec: {type: ExternalName, externalName: localhost, ports: [{port: 80, targetPort: {{port}}}]}
            """);
        folder.Write("ingress.yaml", ManifestFolder.Ingress("web", "web.example.com", "web"));
        return folder;
    }
}
