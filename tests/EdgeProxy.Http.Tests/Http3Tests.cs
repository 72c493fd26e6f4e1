using System.Net.Quic;
using System.Net.Security;
using System.Security.Authentication;
using EdgeProxy.Http.Tests.Support;
using EdgeProxy.Model;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Http.Tests;

/// <summary>HTTP/3 over <see cref="MemoryQuic"/>: what is ours of it, without the library that speaks QUIC.</summary>
public sealed class Http3Tests
{
    private const string Get = "GET /x HTTP/1.1\r\nHost: app.example.com\r\n\r\n";

    [Fact(Timeout = 30_000)]
    public async Task Request_is_forwarded_as_any_other_of_the_https_port()
    {
        var cancel = Deadline.Token;
        var quic = new MemoryQuic();
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(quic, Manifests(backend));
        var connection = await quic.ConnectAsync(Objects.Host, cancel);

        var answer = await connection.AskAsync(cancel, Request("/x%2Fy?q=1"));

        Assert.Equal(200, answer.Status);
        Assert.Equal("ok", answer.Text);
        var head = (await backend.NextAsync(cancel)).Head;
        Assert.Equal("/x%2Fy?q=1", head.Target);
        Assert.Equal("192.0.2.7", head["X-Forwarded-For"]);
        Assert.Equal("https", head["X-Forwarded-Proto"]);
        Assert.Equal("443", head["X-Forwarded-Port"]);
        Assert.Equal(lab.Proxy.Frontend.HttpsEndPoints[0], quic.EndPoint);
        Assert.Equal([SslApplicationProtocol.Http3], connection.Tls.ApplicationProtocols);
        Assert.NotNull(connection.Tls.ServerCertificateContext);
    }

    [Fact(Timeout = 30_000)]
    public async Task Refusals_and_limits_are_those_of_the_https_port()
    {
        var cancel = Deadline.Token;
        var quic = new MemoryQuic();
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(quic, Manifests(backend, ("denylist-source-range", "192.0.2.0/24")));
        var connection = await quic.ConnectAsync(Objects.Host, cancel);

        Assert.Equal("403 Forbidden: address_denied\n", (await connection.AskAsync(cancel, Request("/x"))).Text);
        Assert.Equal(404, (await connection.AskAsync(cancel, Request("/x", "nobody.example.com"))).Status);
        Assert.Equal(400, (await connection.AskAsync(cancel, Request("/%zz"))).Status);
        Assert.Equal(0, backend.Connections);
    }

    [Fact(Timeout = 30_000)]
    public async Task Clients_of_https_are_told_and_those_of_http_are_not()
    {
        var cancel = Deadline.Token;
        var quic = new MemoryQuic();
        await using var backend = RawBackend.Answering("HTTP/1.1 200 OK\r\nAlt-Svc: h3=\":8443\"\r\nContent-Length: 2\r\n\r\nok");
        await using var lab = await StartAsync(quic, Manifests(backend));
        using var tls = await lab.Proxy.ConnectTlsAsync(cancel);
        var connection = await quic.ConnectAsync(Objects.Host, cancel);

        Assert.Equal("h3=\":443\"; ma=86400", (await tls.AskAsync(Get, cancel)).Head["Alt-Svc"]);
        Assert.Equal("h3=\":443\"; ma=86400", (await tls.AskAsync(Get.Replace("app", "nobody", StringComparison.Ordinal), cancel)).Head["Alt-Svc"]);
        Assert.Equal("h3=\":443\"; ma=86400", (await connection.AskAsync(cancel, Request("/"))).Headers["alt-svc"]);
        Assert.Equal("", (await lab.GetAsync("/x", cancel)).Head["Alt-Svc"]);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("ssl-passthrough", "true")]
    [InlineData("ssl-protocols", "TLSv1.2")]
    [InlineData("auth-tls-secret", "default/clients")]
    public async Task Host_that_quic_cannot_serve_is_refused_there_and_not_announced(string annotation, string value)
    {
        var cancel = Deadline.Token;
        var quic = new MemoryQuic();
        using var authority = new ClientAuthorities();
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(
            quic,
            Manifests(backend) + IngressLab.IngressWith([(annotation, value)], name: "closed", host: "closed.example.com") + authority.Secret("clients"));
        using var tls = await lab.Proxy.ConnectTlsAsync(cancel);
        var connection = await quic.ConnectAsync(Objects.Host, cancel);

        await Assert.ThrowsAsync<AuthenticationException>(() => quic.ConnectAsync("closed.example.com", cancel));
        Assert.Equal("", (await tls.AskAsync("GET / HTTP/1.1\r\nHost: closed.example.com\r\n\r\n", cancel)).Head["Alt-Svc"]);
        var other = await connection.AskAsync(cancel, Request("/", "closed.example.com"));
        Assert.Equal(annotation == "auth-tls-secret" ? 421 : 200, other.Status);
        Assert.DoesNotContain("alt-svc", other.Headers.Keys);
    }

    [Fact(Timeout = 30_000)]
    public async Task Client_that_names_no_host_gets_nothing_that_wants_a_certificate()
    {
        var cancel = Deadline.Token;
        var quic = new MemoryQuic();
        using var authority = new ClientAuthorities();
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(quic, Manifests(backend, ("auth-tls-secret", "default/clients")) + authority.Secret("clients"));
        var connection = await quic.ConnectAsync("", cancel);

        Assert.Equal(400, (await connection.AskAsync(cancel, Request("/"))).Status);
        Assert.Equal(0, backend.Connections);
    }

    [Fact(Timeout = 30_000)]
    public async Task Nobody_is_served_by_quic_while_senders_are_to_begin_with_a_proxy_header()
    {
        var cancel = Deadline.Token;
        var quic = new MemoryQuic();
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(quic, Manifests(backend), ("use-proxy-protocol", "true"), ("proxy-real-ip-cidr", "198.51.100.0/24"));
        using var tls = await lab.Proxy.ConnectTlsAsync(cancel);

        await Assert.ThrowsAsync<AuthenticationException>(() => quic.ConnectAsync(Objects.Host, cancel));
        Assert.Equal("", (await tls.AskAsync(Get, cancel)).Head["Alt-Svc"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task Handshake_waits_for_the_first_snapshot()
    {
        var cancel = Deadline.Token;
        var quic = new MemoryQuic();
        await using var proxy = await TestProxy.StartBeforeFirstSnapshotAsync(options => (options.Http3, options.QuicTransport) = (true, quic));
        await using var backend = RawBackend.Answering();
        var connecting = quic.ConnectAsync(Objects.Host, cancel);
        Assert.False(connecting.IsCompleted);

        proxy.Change(builder =>
        {
            builder.SetService(Objects.Service("web", backend.Address));
            builder.SetIngress(Objects.Ingress("web"));
        });

        var connection = await connecting;
        Assert.Equal(200, (await connection.AskAsync(cancel, Request("/"))).Status);
    }

    [Fact(Timeout = 30_000)]
    public async Task Setting_of_senders_with_a_proxy_header_switches_it_off_which_is_said()
    {
        var cancel = Deadline.Token;
        var quic = new MemoryQuic();
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(
            options => (options.Http3, options.QuicTransport, options.ProxyProtocolFrom) = (true, quic, [IpPrefix.Of(IpAddr.Parse("198.51.100.1"))]), backend.Address);
        using var tls = await proxy.ConnectTlsAsync(cancel);

        Assert.Equal("", (await tls.AskAsync(Get, cancel)).Head["Alt-Svc"]);
        Assert.Null(quic.EndPoint);
        Assert.Equal(LogLevel.Warning, Assert.Single(proxy.Log.Lines, line => line.EventId == 316).Level);
    }

    [Fact(Timeout = 30_000)]
    public async Task Where_quic_is_missing_it_is_said_once_and_the_rest_is_served()
    {
        var cancel = Deadline.Token;
#pragma warning disable CA1416 // Linux is what we run on.
        var isSupported = QuicListener.IsSupported;
#pragma warning restore CA1416
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(options => options.Http3 = true, backend.Address);
        using var tls = await proxy.ConnectTlsAsync(cancel);

        var answer = await tls.AskAsync(Get, cancel);

        Assert.Equal(200, answer.Status);
        Assert.Equal(isSupported ? "h3=\":443\"; ma=86400" : "", answer.Head["Alt-Svc"]);
        Assert.Equal(isSupported ? 0 : 1, proxy.Log.Lines.Count(line => line.EventId == 316));
    }

    private static (string Name, string Value)[] Request(string target, string host = Objects.Host) =>
        [(":method", "GET"), (":scheme", "https"), (":authority", host), (":path", target)];

    private static string Manifests(RawBackend backend, params (string Name, string Value)[] annotations) =>
        IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith(annotations);

    private static Task<IngressLab> StartAsync(MemoryQuic quic, string manifests, params (string Key, string Value)[] configuration) => IngressLab.StartAsync(
        manifests,
        options => options with { SslPassthrough = true },
        http => (http.Http3, http.QuicTransport) = (true, quic),
        configuration: configuration);
}
