using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using EdgeProxy.Http.Tests.Support;
using EdgeProxy.Kubernetes.ExternalNames;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Model;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeProxy.Http.Tests;

/// <summary>Ingresses that lead to Services of type ExternalName, from the manifest to the wire.</summary>
public sealed class ExternalNameTests
{
    private const string Name = "api.example.com";

    [Theory(Timeout = 30_000)]
    [InlineData("", "number: {0}")]
    [InlineData(", ports: [{{port: 80, targetPort: {0}}}]", "number: 80")]
    [InlineData(", ports: [{{name: web, port: {0}}}]", "name: web")]
    [InlineData(", ports: [{{name: web, port: 80}}]", "number: {0}")]
    public async Task The_port_is_the_Services_or_else_the_Ingresss(string ports, string port)
    {
        await using var backend = RawBackend.Answering();
        string At(string text) => string.Format(CultureInfo.InvariantCulture, text, backend.Address.Port);
        await using var lab = await IngressLab.StartAsync(External(Name, At(ports)) + Ingress(At(port)));
        Assert.Empty(lab.Problems);
        Assert.Equal(503, (await lab.GetAsync("/", Deadline.Token)).Status);

        lab.Answer(Name, backend.Address.Address);

        Assert.Equal(200, (await lab.GetAsync("/", Deadline.Token)).Status);
        Assert.Equal(Objects.Host, (await backend.NextAsync(Deadline.Token)).Head["Host"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task Names_are_resolved_while_an_Ingress_leads_to_them()
    {
        await using var backend = RawBackend.Answering();
        var ingress = Ingress($"number: {backend.Address.Port}");
        await using var lab = await IngressLab.StartAsync(External(Name + ".") + External("unused.example.com", name: "unused") + ingress);
        Assert.Equal([Name], lab.ExternalNames);

        var applied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var resolver = new ExternalNameResolver(
            (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]), allowLocal: true, NullLogger.Instance, TimeProvider.System);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Deadline.Token);
        var running = resolver.RunAsync(
            (answers, _) =>
            {
                lab.Answer(answers);
                applied.SetResult();
                return Task.CompletedTask;
            },
            stop.Token);
        resolver.Follow(lab.ExternalNames);
        await applied.Task.WaitAsync(Deadline.Token);
        Assert.Equal(200, (await lab.GetAsync("/", Deadline.Token)).Status);

        lab.Write(External(Name));
        Assert.Empty(lab.ExternalNames);
        lab.Write(External(Name) + ingress);
        Assert.Equal([Name], lab.ExternalNames);
        await stop.CancelAsync();
        await running;
    }

    [Fact(Timeout = 30_000)]
    public async Task New_addresses_take_the_place_of_old_ones()
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(External(Name) + Ingress($"number: {backend.Address.Port}"));
        lab.Answer(Name, backend.Address.Address);
        Assert.Equal(200, (await lab.GetAsync("/", Deadline.Token)).Status);

        lab.Answer(Name, IpAddr.Parse("127.0.0.99")); // where nobody listens

        Assert.Equal(502, (await lab.GetAsync("/", Deadline.Token)).Status);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("localhost")]
    [InlineData("localhost.")]
    [InlineData("db.localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("0.0.0.0")]
    public async Task This_machine_and_link_local_addresses_are_refused(string name)
    {
        await using var lab = await IngressLab.StartAsync(External(name) + Ingress("number: 80"));

        Assert.Empty(lab.ExternalNames);
        var problem = Assert.Single(lab.Problems);
        Assert.Equal((ProblemSeverity.Error, "spec.externalName"), (problem.Severity, problem.Field));
        Assert.Equal(503, (await lab.GetAsync("/", Deadline.Token)).Status);
    }

    [Fact(Timeout = 30_000)]
    public async Task This_machine_may_be_allowed()
    {
        await using var lab = await IngressLab.StartAsync(External("localhost") + Ingress("number: 80"), options => options with { UnsafeLocalTargets = true });

        Assert.Empty(lab.Problems);
        Assert.Equal(["localhost"], lab.ExternalNames);
    }

    [Fact(Timeout = 30_000)]
    public async Task All_of_them_may_be_forbidden()
    {
        await using var lab = await IngressLab.StartAsync(External(Name) + Ingress("number: 80"), options => options with { AllowExternalNameServices = false });

        Assert.Empty(lab.ExternalNames);
        var problem = Assert.Single(lab.Problems);
        Assert.Equal((ProblemSeverity.Warning, "spec.rules[0].http.paths[0].backend.service.name"), (problem.Severity, problem.Field));
        Assert.Equal(503, (await lab.GetAsync("/", Deadline.Token)).Status);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_port_name_that_the_Service_does_not_have_is_reported()
    {
        await using var lab = await IngressLab.StartAsync(External(Name) + Ingress("name: web"));

        Assert.Equal("spec.rules[0].http.paths[0].backend.service.port", Assert.Single(lab.Problems).Field);
        Assert.Equal(503, (await lab.GetAsync("/", Deadline.Token)).Status);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("default-backend", "elsewhere")]
    [InlineData("auth-url", "http://elsewhere.default.svc.cluster.local:{0}/check")]
    public async Task Services_that_only_an_annotation_names_are_resolved_too(string annotation, string value)
    {
        await using var elsewhere = RawBackend.Answering("HTTP/1.1 401 Unauthorized\r\nContent-Length: 9\r\n\r\nelsewhere");
        var port = elsewhere.Address.Port.ToString(CultureInfo.InvariantCulture);
        var text = value.Replace("{0}", port, StringComparison.Ordinal);
        var manifests = IngressLab.ServiceFor("web") + External(Name, $", ports: [{{port: {port}}}]", "elsewhere");
        await using var lab = await IngressLab.StartAsync(manifests + IngressLab.IngressWith([(annotation, text)]));
        Assert.Equal([Name], lab.ExternalNames);

        lab.Answer(Name, elsewhere.Address.Address);

        Assert.Equal(401, (await lab.GetAsync("/", Deadline.Token)).Status);
        lab.Write(manifests + IngressLab.IngressWith([]));
        Assert.Empty(lab.ExternalNames);
    }

    [Fact(Timeout = 30_000)]
    public async Task So_are_those_that_the_ConfigMap_and_the_process_name()
    {
        await using var lab = await IngressLab.StartAsync(
            External("auth.example.com", name: "auth") + External("pages.example.com", ", ports: [{port: 80}]", "pages") + External("unused.example.com", name: "unused"),
            options => options with { DefaultBackendService = Objects.Name("pages") },
            configuration: ("global-auth-url", "http://auth.default.svc/check"));

        Assert.Equal(["auth.example.com", "pages.example.com"], lab.ExternalNames.Order(StringComparer.Ordinal));
    }

    private static string External(string target, string ports = "", string name = "web") => $$"""
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: {{name}}}
        spec: {type: ExternalName, externalName: "{{target}}"{{ports}}}

        """;

    private static string Ingress(string port) => $$"""
        ---
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: web}
        spec:
          rules:
          - host: {{Objects.Host}}
            http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: { {{port}} } } } }] }

        """;
}
