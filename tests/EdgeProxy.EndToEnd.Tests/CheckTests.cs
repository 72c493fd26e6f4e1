using System.Text.Json;
using EdgeProxy.Testing;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary><c>edgeproxy check</c>: every problem with its place, and an exit code to build on.</summary>
public sealed class CheckTests
{
    [Fact(Timeout = 60_000)]
    public async Task The_samples_are_clean()
    {
        var (exitCode, output, errors) = await EdgeProxyProcess.RunAsync("check", Path.Combine(TestCases.RepositoryRoot, "config", "samples"));

        Assert.Equal(0, exitCode);
        Assert.Contains("0 errors, 0 warnings, 0 notes", output, StringComparison.Ordinal);
        Assert.Empty(errors);
    }

    [Fact(Timeout = 60_000)]
    public async Task Problems_are_named_with_file_line_object_and_field_and_give_exit_code_1()
    {
        using var folder = new ManifestFolder();
        folder.Write("ports.yaml", """
            apiVersion: v1
            kind: Service
            metadata:
              name: ports
            spec:
              ports:
              - port: 99999
            """);
        folder.Write("ingress.yaml", ManifestFolder.Ingress("web", "web.example.com", "missing"));

        var (exitCode, output, _) = await EdgeProxyProcess.RunAsync("check", folder.Path);

        Assert.Equal(1, exitCode);
        Assert.Contains(
            $"{folder.Path}/ports.yaml:7:5: error: Service default/ports spec.ports[0].port: Invalid value: 99999: must be between 1 and 65535, inclusive",
            output,
            StringComparison.Ordinal);
        Assert.Contains(
            $"{folder.Path}/ingress.yaml:11:29: warning: Ingress default/web spec.rules[0].http.paths[0].backend.service.name: there is no Service \"missing\"",
            output,
            StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Json_tells_the_same_to_programs()
    {
        using var folder = new ManifestFolder();
        folder.Write("pod.json", """{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"ports": [{"port": "80"}]}}""");

        var (exitCode, output, _) = await EdgeProxyProcess.RunAsync("check", "--output", "json", folder.Path);

        Assert.Equal(1, exitCode);
        using var report = JsonDocument.Parse(output);
        var problem = Assert.Single(report.RootElement.GetProperty("problems").EnumerateArray());
        Assert.Equal("error", problem.GetProperty("severity").GetString());
        Assert.Equal(1, problem.GetProperty("line").GetInt32());
        Assert.Equal("Service", problem.GetProperty("kind").GetString());
        Assert.Equal("default", problem.GetProperty("namespace").GetString());
        Assert.Equal("x", problem.GetProperty("name").GetString());
        Assert.Equal("spec.ports[0].port", problem.GetProperty("field").GetString());
    }

    [Fact(Timeout = 60_000)]
    public async Task What_cannot_be_read_gives_exit_code_2()
    {
        var (exitCode, output, _) = await EdgeProxyProcess.RunAsync("check", "/there/is/no/such/folder");

        Assert.Equal(2, exitCode);
        Assert.Contains("/there/is/no/such/folder: error: no such file or folder", output, StringComparison.Ordinal);
    }
}
