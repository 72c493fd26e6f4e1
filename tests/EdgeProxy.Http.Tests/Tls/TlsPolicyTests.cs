using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using EdgeProxy.Http.Tests.Support;
using EdgeProxy.Http.Tls;
using EdgeProxy.Model;
using EdgeProxy.Model.Certificates;
using EdgeProxy.Testing;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Http.Tests.Tls;

/// <summary>Ciphers, versions, unknown names, and certificates that run out.</summary>
public sealed class TlsPolicyTests
{
    [Fact(Timeout = 30_000)]
    public async Task Ciphers_are_those_of_the_host_in_the_hosts_order()
    {
        var cancel = Deadline.Token;
        await using var lab = await IngressLab.StartAsync(
            IngressLab.IngressWith([("ssl-ciphers", "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:NO-SUCH-CIPHER")])
            + IngressLab.IngressWith([("ssl-ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256")], name: "other", host: "other.example.com"));

        Assert.Equal(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, await NegotiateAsync(lab.Proxy, Objects.Host, SslProtocols.Tls12, cancel));
        Assert.Equal(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, await NegotiateAsync(lab.Proxy, "other.example.com", SslProtocols.Tls12, cancel));
        Assert.NotNull(await NegotiateAsync(lab.Proxy, Objects.Host, SslProtocols.Tls13, cancel));
        Assert.Contains(lab.Problems, problem => problem.Message.Contains("NO-SUCH-CIPHER", StringComparison.Ordinal));
    }

    [Fact(Timeout = 30_000)]
    public async Task Ciphers_that_nobody_knows_are_reported_and_the_defaults_hold()
    {
        var cancel = Deadline.Token;
        await using var lab = await IngressLab.StartAsync(IngressLab.IngressWith([("ssl-ciphers", "HIGH:!aNULL")]));

        Assert.NotNull(await NegotiateAsync(lab.Proxy, Objects.Host, SslProtocols.Tls12, cancel));
        Assert.Contains(lab.Problems, problem => problem.Field == "metadata.annotations[nginx.ingress.kubernetes.io/ssl-ciphers]");
    }

    [Fact(Timeout = 30_000)]
    public async Task Host_may_have_versions_of_its_own()
    {
        var cancel = Deadline.Token;
        await using var lab = await IngressLab.StartAsync(
            IngressLab.IngressWith([("ssl-protocols", "TLSv1.3")]) + IngressLab.IngressWith([("ssl-protocols", "SSLv3")], name: "other", host: "other.example.com"));

        Assert.Null(await NegotiateAsync(lab.Proxy, Objects.Host, SslProtocols.Tls12, cancel));
        Assert.NotNull(await NegotiateAsync(lab.Proxy, Objects.Host, SslProtocols.Tls13, cancel));
        Assert.NotNull(await NegotiateAsync(lab.Proxy, "other.example.com", SslProtocols.Tls12, cancel));
        Assert.Contains(lab.Problems, problem => problem.Message.Contains("SSLv3", StringComparison.Ordinal));
    }

    [Fact(Timeout = 30_000)]
    public async Task ConfigMap_sets_versions_and_ciphers_of_all_hosts()
    {
        var cancel = Deadline.Token;
        await using var only13 = await IngressLab.StartAsync(IngressLab.IngressWith([]), configuration: ("ssl-protocols", "TLSv1.3 TLSv1"));
        await using var cipher = await IngressLab.StartAsync(IngressLab.IngressWith([]), configuration: ("ssl-ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256"));

        Assert.Null(await NegotiateAsync(only13.Proxy, Objects.Host, SslProtocols.Tls12, cancel));
        Assert.NotNull(await NegotiateAsync(only13.Proxy, Objects.Host, SslProtocols.Tls13, cancel));
        Assert.Contains(only13.Problems, problem => problem.Field == "data[ssl-protocols]");
        Assert.Equal(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, await NegotiateAsync(cipher.Proxy, Objects.Host, SslProtocols.Tls12, cancel));
    }

    [Fact(Timeout = 30_000)]
    public async Task Handshakes_for_unknown_names_can_be_rejected()
    {
        var cancel = Deadline.Token;
        await using var lab = await IngressLab.StartAsync(
            IngressLab.IngressWith([]) + IngressLab.IngressWith([], name: "wild", host: "\"*.wild.example.com\""),
            configuration: ("ssl-reject-handshake", "true"));

        Assert.Null(await NegotiateAsync(lab.Proxy, "unknown.example.com", SslProtocols.Tls13, cancel));
        Assert.Null(await NegotiateAsync(lab.Proxy, "", SslProtocols.Tls13, cancel));
        Assert.NotNull(await NegotiateAsync(lab.Proxy, Objects.Host, SslProtocols.Tls13, cancel));
        Assert.NotNull(await NegotiateAsync(lab.Proxy, "a.wild.example.com", SslProtocols.Tls13, cancel));
    }

    [Fact]
    public async Task Certificate_that_runs_out_is_named_at_each_threshold_once()
    {
        var time = new ManualTimeProvider();
        var snapshots = new SnapshotPublisher();
        using var log = new RecordingLoggerFactory();
        var builder = new SnapshotBuilder(snapshots.Current, new LocalNode { Name = "node" }, time);
        builder.SetCertificate(new ServerCertificate
        {
            Name = Objects.Name("web"),
            ChainPem = "",
            PrivateKeyPem = "",
            DnsNames = ["a.example.com", "b.example.com"],
            NotAfter = time.GetUtcNow() + TimeSpan.FromDays(20),
        });
        snapshots.Publish(builder.Build());
        await using var expiry = new CertificateExpiry(snapshots, log.CreateLogger("test"), time);

        expiry.Start();
        for (var hour = 0; hour < 21 * 24; hour++)
        {
            time.Advance(TimeSpan.FromHours(1));
        }

        Assert.Equal(["20", "14", "7", "1", ""], log.Lines.Select(line => line.Field("Days")));
        Assert.Equal([321, 321, 321, 321, 322], log.Lines.Select(line => line.EventId));
        Assert.All(log.Lines, line => Assert.Equal(LogLevel.Warning, line.Level));
        Assert.All(log.Lines, line => Assert.Contains("default/web for a.example.com, b.example.com", line.Text, StringComparison.Ordinal));
    }

    /// <summary>The cipher suite of a handshake; null when it fails.</summary>
    private static async Task<TlsCipherSuite?> NegotiateAsync(TestProxy proxy, string serverName, SslProtocols protocol, CancellationToken cancel)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(proxy.Frontend.HttpsEndPoints[0], cancel);
        using var tls = new SslStream(client.GetStream());
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = serverName,
            EnabledSslProtocols = protocol,
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        };
        var failure = await Record.ExceptionAsync(() => tls.AuthenticateAsClientAsync(options, cancel));
        return failure is null ? tls.NegotiatedCipherSuite : null;
    }
}
