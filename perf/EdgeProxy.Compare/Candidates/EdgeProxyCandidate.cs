using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using EdgeProxy.Compare.Lab;
using EdgeProxy.Compare.Load;

namespace EdgeProxy.Compare.Candidates;

/// <summary>The product as a user runs it: <c>edgeproxy run --manifests DIR</c>; only its log is kept to warnings.</summary>
/// <param name="name">How the report calls it.</param>
/// <param name="program">The built program.</param>
/// <param name="io">Value of <c>--io</c>, or null to leave it out.</param>
internal sealed class EdgeProxyCandidate(string name, string program, string? io) : Candidate(name)
{
    private const int FirstAdminPort = 9180;

    public override string? Tool => program;

    public override string Description => io is null ? "edgeproxy run, defaults" : $"edgeproxy run --io {io}";

    /// <summary>The event loops are L4's: over HTTP only the plain form takes part.</summary>
    public override bool Serves(Duty duty) => io is null || !duty.IsHttp;

    public static int AdminPort(Site site) => FirstAdminPort + site.Index;

    public override Launch Prepare(Duty duty, Site site)
    {
        var manifests = Directory.CreateDirectory(Path.Combine(site.Folder, "manifests")).FullName;
        var objects = duty.Kind == DutyKind.ManyServices ? Services(duty, site) : duty.IsHttp ? Ingresses(duty, site) : Exposed(duty, site);
        File.WriteAllText(Path.Combine(manifests, "bench.json"), List(objects));
        string[] ioFlag = io is null ? [] : ["--io", io];
        return new Launch(
            program,
            [
                "run", "--manifests", manifests, "--state-dir", Path.Combine(site.Folder, "state"), "--log-level", "warning",
                "--admin-port", Text(AdminPort(site)), "--listen-address", TestBed.ProxyAddress.ToString(),
                "--http-port", Text(duty.Kind == DutyKind.Http ? site.Listen.Port : 0),
                "--https-port", Text(duty.Kind == DutyKind.Https ? site.Listen.Port : 0),
                "--default-certificate", "default/bench-tls", .. ioFlag,
            ]);
    }

    private static IEnumerable<string> Exposed(Duty duty, Site site) =>
        Service("bench-" + Text(site.Index), site.Listen.Port, duty.IsUdp ? "UDP" : "TCP", site, exposed: true);

    // A Service that is nowhere exposed has a cluster IP, which in a run without a cluster is a loopback address of its own.
    private static IEnumerable<string> Services(Duty duty, Site site) =>
        Enumerable.Range(0, duty.Services).SelectMany(i => Service("bench-" + Text(i), 80, "TCP", site, exposed: false));

    private static IEnumerable<string> Ingresses(Duty duty, Site site)
    {
        var path = """{"path":"/","pathType":"Prefix","backend":{"service":{"name":"bench","port":{"number":80}}}}""";
        var rules = duty.Hosts == 0
            ? [$$"""{"http":{"paths":[{{path}}]} }"""]
            : Enumerable.Range(0, duty.Hosts).Select(i => $$"""{"host":"{{RequestLoad.HostName(i)}}","http":{"paths":[{{path}}]} }""");
        var ingresses = rules.Select((rule, i) =>
            $$"""{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"name":"bench-{{i}}"},"spec":{"rules":[{{rule}}]} }""");
        var secret = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject { ["name"] = "bench-tls" },
            ["type"] = "kubernetes.io/tls",
            ["stringData"] = new JsonObject { ["tls.crt"] = site.Certificate.Certificate, ["tls.key"] = site.Certificate.Key },
        };
        return Service("bench", 80, "TCP", site, exposed: false).Concat(ingresses).Append(secret.ToJsonString());
    }

    private static IEnumerable<string> Service(string name, int port, string protocol, Site site, bool exposed)
    {
        var external = exposed ? $$""","externalIPs":["{{TestBed.ProxyAddress}}"]""" : "";
        yield return $$"""
            {"apiVersion":"v1","kind":"Service","metadata":{"name":"{{name}}"},
             "spec":{"ports":[{"name":"main","port":{{port}},"protocol":"{{protocol}}"}]{{external}} } }
            """;
        yield return $$"""
            {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","addressType":"IPv4",
             "metadata":{"name":"{{name}}-1","labels":{"kubernetes.io/service-name":"{{name}}"} },
             "ports":[{"name":"main","port":{{site.Backend.Port}},"protocol":"{{protocol}}"}],
             "endpoints":[{"addresses":["{{site.Backend.Address}}"],"conditions":{"ready":true} }]}
            """;
    }

    private static string List(IEnumerable<string> objects) =>
        new StringBuilder("""{"apiVersion":"v1","kind":"List","items":[""").AppendJoin(",\n", objects).Append("]}").ToString();

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
