using EdgeProxy.Http.Tests.Support;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;

namespace EdgeProxy.Http.Tests.Policies;

/// <summary>The controller's ConfigMap, from the manifest to the wire.</summary>
public sealed class ConfigMapTests
{
    private static readonly NamespacedName Name = new("default", "controller");

    [Fact(Timeout = 30_000)]
    public async Task Forwarded_headers_are_believed_from_listed_senders_only()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, "use-forwarded-headers: \"true\"\n  proxy-real-ip-cidr: \"127.0.0.1/32,10.0.0.0/8\"");
        const string Headers = "X-Forwarded-For: 203.0.113.9, 198.51.100.7, 10.1.2.3\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 8443\r\nX-Forwarded-Host: other.example.com\r\n";

        // The Host leads nowhere; that of the believed header has the route.
        var believed = await lab.GetAsync("/", cancel, host: "unknown.example.com", headers: Headers.Replace("other.example.com", Objects.Host, StringComparison.Ordinal));
        Assert.Equal(200, believed.Status);
        var head = (await backend.NextAsync(cancel)).Head;
        Assert.Equal("198.51.100.7", head["X-Forwarded-For"]);
        Assert.Equal("198.51.100.7", head["X-Real-IP"]);
        Assert.Equal("https", head["X-Forwarded-Proto"]);
        Assert.Equal("8443", head["X-Forwarded-Port"]);
        Assert.Equal(Objects.Host, head["X-Forwarded-Host"]);

        lab.Write(Manifests(backend, "use-forwarded-headers: \"true\"\n  proxy-real-ip-cidr: \"192.0.2.0/24\""));
        Assert.Equal(200, (await lab.GetAsync("/", cancel, headers: Headers)).Status);
        head = (await backend.NextAsync(cancel)).Head;
        Assert.Equal("127.0.0.1", head["X-Forwarded-For"]);
        Assert.Equal("http", head["X-Forwarded-Proto"]);
        Assert.Equal(Objects.Host, head["X-Forwarded-Host"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_believed_https_request_is_not_sent_to_https()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        const string Tls = "tls: [{hosts: [app.example.com], secretName: missing}]";
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([], extra: Tls) + ConfigMap("use-forwarded-headers: \"true\""), WithMap);

        Assert.Equal(308, (await lab.GetAsync("/", cancel)).Status);
        Assert.Equal(200, (await lab.GetAsync("/", cancel, headers: "X-Forwarded-Proto: https\r\n")).Status);
    }

    [Fact(Timeout = 30_000)]
    public async Task The_chain_is_passed_on_when_asked_for()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, "use-forwarded-headers: \"true\"\n  compute-full-forwarded-for: \"true\"");

        await lab.GetAsync("/", cancel, headers: "X-Forwarded-For: 203.0.113.9, 198.51.100.7\r\n");

        Assert.Equal("203.0.113.9, 198.51.100.7, 127.0.0.1", (await backend.NextAsync(cancel)).Head["X-Forwarded-For"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task Only_the_address_is_believed_with_enable_real_ip()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, "enable-real-ip: \"true\"\n  forwarded-for-header: X-Client");

        await lab.GetAsync("/", cancel, headers: "X-Client: [2001:db8::1]:4711\r\nX-Forwarded-Proto: https\r\n");

        var head = (await backend.NextAsync(cancel)).Head;
        Assert.Equal("2001:db8::1", head["X-Real-IP"]);
        Assert.Equal("http", head["X-Forwarded-Proto"]);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("block-cidrs: \"127.0.0.0/8\"", "", 403)]
    [InlineData("block-cidrs: \"192.0.2.1\"", "", 200)]
    [InlineData("block-user-agents: \"bad bot,~*^curl/\"", "User-Agent: BAD bot\r\n", 403)]
    [InlineData("block-user-agents: \"bad bot,~*^curl/\"", "User-Agent: Curl/8\r\n", 403)]
    [InlineData("block-user-agents: \"~^curl/\"", "User-Agent: Curl/8\r\n", 200)]
    [InlineData("block-referers: \"~spam\"", "Referer: http://spam.example/\r\n", 403)]
    public async Task Clients_that_are_blocked_get_403(string entry, string headers, int status)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, entry);

        Assert.Equal(status, (await lab.GetAsync("/", Deadline.Token, headers: headers)).Status);
    }

    [Fact(Timeout = 30_000)]
    public async Task Headers_are_set_added_and_hidden()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer: secret/1.0\r\nX-Inner: 1\r\nX-Both: theirs\r\n\r\nok");
        await using var lab = await StartAsync(
            backend,
            """
            proxy-set-headers: default/to-endpoints
              add-headers: default/to-clients
              hide-headers: X-Inner
              allow-backend-server-header: "false"
              proxy-add-original-uri-header: "true"
              enable-underscores-in-headers: "true"
              generate-request-id: "false"
            """,
            """
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: to-endpoints}
            data: {X-Cluster: west, "bad name": x}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: to-clients}
            data: {X-Both: ours}
            """);

        var answer = await lab.GetAsync("/a%2Fb?c", cancel, headers: "X-Cluster: forged\r\nwith_underscore: yes\r\n");

        Assert.Equal("ours", answer.Head["X-Both"]);
        Assert.Equal("", answer.Head["Server"]);
        Assert.Equal("", answer.Head["X-Inner"]);
        var head = (await backend.NextAsync(cancel)).Head;
        Assert.Equal("west", head["X-Cluster"]);
        Assert.Equal("/a%2Fb?c", head["X-Original-URI"]);
        Assert.Equal("yes", head["with_underscore"]);
        Assert.Equal("", head["X-Request-ID"]);
        Assert.Contains(lab.Problems, problem => problem.Field == "data[bad name]");
    }

    [Fact(Timeout = 30_000)]
    public async Task Bad_keys_are_reported_and_the_rest_holds()
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(
            backend, "block-cidrs: \"nonsense,127.0.0.1\"\n  use-forwarded-headers: \"maybe\"\n  worker-processes: \"4\"\n  made-up: \"1\"\n  block-user-agents: \"~(?=x)\"");

        Assert.Equal(403, (await lab.GetAsync("/", Deadline.Token)).Status);
        Assert.Equal(
            ["data[block-cidrs]", "data[block-user-agents]", "data[made-up]", "data[use-forwarded-headers]", "data[worker-processes]"],
            lab.Problems.Where(problem => problem.Kind == "ConfigMap").Select(problem => problem.Field).Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_key_is_the_default_of_the_annotation_with_its_name_and_changes_are_live()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        const string Tls = "tls: [{hosts: [app.example.com], secretName: missing}]";
        string With(string entry, params (string, string)[] annotations) =>
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith(annotations, extra: Tls) + ConfigMap(entry);
        await using var lab = await IngressLab.StartAsync(With("ssl-redirect: \"false\""), WithMap);

        Assert.Equal(200, (await lab.GetAsync("/", cancel)).Status);
        lab.Write(With("ssl-redirect: \"false\"", ("ssl-redirect", "true")));
        Assert.Equal(308, (await lab.GetAsync("/", cancel)).Status);
        lab.Write(With("ssl-redirect: \"true\""));
        Assert.Equal(308, (await lab.GetAsync("/", cancel)).Status);
    }

    private static TranslationOptions WithMap(TranslationOptions options) => options with { ConfigMap = Name };

    private static Task<IngressLab> StartAsync(RawBackend backend, string entries, string more = "") =>
        IngressLab.StartAsync(Manifests(backend, entries) + more, WithMap);

    private static string Manifests(RawBackend backend, string entries) =>
        IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([]) + ConfigMap(entries);

    private static string ConfigMap(string entries) => $"---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {Name.Name}\ndata:\n  {entries}\n";
}
