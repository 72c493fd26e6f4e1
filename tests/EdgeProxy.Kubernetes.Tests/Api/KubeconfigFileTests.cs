using System.Runtime.Versioning;
using System.Text;
using EdgeProxy.Kubernetes.Api.Configuration;
using EdgeProxy.Testing;

namespace EdgeProxy.Kubernetes.Tests.Api;

[SupportedOSPlatform("linux")]
public sealed class KubeconfigFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _clock = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_current_context_says_cluster_user_and_namespace()
    {
        var connection = Load(Config("server: https://10.0.0.1:6443/prefix\n    tls-server-name: kubernetes", "token: t0ken", "namespace: shop"));

        Assert.Equal(("https://10.0.0.1:6443/prefix", "kubernetes", "shop"), (connection.Server.ToString(), connection.TlsServerName, connection.Namespace));
        Assert.Equal("t0ken", (await connection.Credentials.GetAsync(Cancelled)).Token);
    }

    [Fact]
    public void Another_context_can_be_asked_for()
    {
        var path = _folder.Write("config", """
            current-context: a
            contexts: [{name: a, context: {cluster: one}}, {name: b, context: {cluster: two}}]
            clusters: [{name: one, cluster: {server: "https://one:1"}}, {name: two, cluster: {server: "https://two:2"}}]
            """);

        Assert.Equal("two", KubeconfigFile.Load(path, "b", _clock).Server.Host);
    }

    [Fact]
    public void Listed_files_are_merged_and_the_first_to_say_something_wins()
    {
        var first = _folder.Write("first", "current-context: a\nclusters: [{name: one, cluster: {server: 'https://first:1'}}]");
        var second = _folder.Write("second", """
            current-context: b
            contexts: [{name: a, context: {cluster: one}}]
            clusters: [{name: one, cluster: {server: "https://second:2"}}]
            """);

        var connection = KubeconfigFile.LoadListed(_ => $"{_folder.PathOf("missing")}:{first}:{second}", null, _clock);

        Assert.Equal("first", connection!.Server.Host);
        Assert.Null(KubeconfigFile.LoadListed(_ => null, null, _clock));
    }

    [Theory]
    [InlineData("server: https://x\n    proxy-url: http://p", "token: x", "clusters[c].cluster.proxy-url: a proxy")]
    [InlineData("server: 'ftp://x'", "token: x", "clusters[c].cluster.server: must be an http or https URL")]
    [InlineData("tls-server-name: x", "token: x", "clusters[c].cluster.server: Required value")]
    [InlineData("server: https://x\n    certificate-authority-data: '*'", "token: x", "clusters[c].cluster.certificate-authority-data: must be base64")]
    [InlineData("server: https://x\n    certificate-authority: nowhere.crt", "token: x", "clusters[c].cluster.certificate-authority: there is no file")]
    [InlineData("server: https://x", "auth-provider: {name: gcp}", "users[u].user.auth-provider: no longer")]
    [InlineData("server: https://x", "username: admin", "users[u].user.username: basic authentication")]
    [InlineData("server: https://x", "as: root", "users[u].user.as: impersonation")]
    [InlineData("server: https://x", "client-certificate-data: YQ==", "users[u].user.client-key: certificate and key")]
    [InlineData("server: https://x", "exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}", "users[u].user.exec.apiVersion: must be")]
    public void What_cannot_be_used_is_refused_with_file_and_field(string cluster, string user, string message)
    {
        var error = Assert.Throws<ConfigurationException>(() => Load(Config(cluster, user)));

        Assert.StartsWith($"{_folder.PathOf("config")}: {message}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Broken_YAML_is_placed_and_never_quoted()
    {
        var error = Assert.Throws<ConfigurationException>(() => Load("users:\n- user: {token: s3cret\n  x"));

        Assert.StartsWith($"{_folder.PathOf("config")}:", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_file_is_read_again_every_minute()
    {
        _folder.Write("token", "one");
        var credentials = Load(Config("server: https://x", "tokenFile: token")).Credentials;
        Assert.Equal("one", (await credentials.GetAsync(Cancelled)).Token);

        _folder.Write("token", "two");
        _clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal("one", (await credentials.GetAsync(Cancelled)).Token);
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("two", (await credentials.GetAsync(Cancelled)).Token);
    }

    [Fact]
    public async Task A_client_certificate_keeps_its_instance_until_its_file_changes()
    {
        using var authority = new TestAuthority();
        WriteCertificate(authority);
        var credentials = Load(Config("server: https://x", "client-certificate: tls.crt\n    client-key: tls.key")).Credentials;

        var first = (await credentials.GetAsync(Cancelled)).Certificate;
        credentials.Forget();
        Assert.Same(first, (await credentials.GetAsync(Cancelled)).Certificate);
        WriteCertificate(authority);
        credentials.Forget();

        Assert.NotSame(first, (await credentials.GetAsync(Cancelled)).Certificate);
    }

    [Fact]
    public async Task A_plugin_is_run_once_until_its_token_expires_or_is_refused()
    {
        // The clock stands at 2026-01-01T00:00:00Z. Each run gives another token.
        Plugin("""
            echo x >> "$(dirname "$0")/runs"
            n=$(wc -l < "$(dirname "$0")/runs")
            echo "{\"kind\":\"ExecCredential\",\"status\":{\"token\":\"$1-$WHO-$n\",\"expirationTimestamp\":\"2026-01-01T00:10:00Z\"}}"
            """);
        var credentials = Load(Config("server: https://x", "exec: {command: ./plugin, args: [arg], env: [{name: WHO, value: me}], apiVersion: client.authentication.k8s.io/v1}")).Credentials;

        Assert.Equal("arg-me-1", (await credentials.GetAsync(Cancelled)).Token);
        _clock.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal("arg-me-1", (await credentials.GetAsync(Cancelled)).Token);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("arg-me-2", (await credentials.GetAsync(Cancelled)).Token);
        credentials.Forget();
        Assert.Equal("arg-me-3", (await credentials.GetAsync(Cancelled)).Token);
    }

    [Fact]
    public async Task A_plugin_that_asks_is_told_the_cluster()
    {
        Plugin("""echo "{\"status\":{\"token\":\"$(echo "$KUBERNETES_EXEC_INFO" | base64 -w0)\"}}" """);
        var credentials = Load(Config("server: https://x:6443", "exec: {command: ./plugin, provideClusterInfo: true, apiVersion: client.authentication.k8s.io/v1}")).Credentials;

        var told = Encoding.UTF8.GetString(Convert.FromBase64String((await credentials.GetAsync(Cancelled)).Token!)).Trim();

        Assert.Equal("""{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false,"cluster":{"server":"https://x:6443"}}}""", told);
    }

    [Theory]
    [InlineData("echo s3cret; exit 3", "ended with exit code 3")]
    [InlineData("echo s3cret", "is not an ExecCredential")]
    [InlineData("echo '{\"status\":{}}'", "gave neither status.token nor")]
    public async Task What_a_plugin_does_wrong_is_said_without_its_output(string script, string message)
    {
        Plugin(script);
        var credentials = Load(Config("server: https://x", "exec: {command: ./plugin, apiVersion: client.authentication.k8s.io/v1}")).Credentials;

        var error = await Assert.ThrowsAsync<ConfigurationException>(async () => await credentials.GetAsync(Cancelled));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plugin_that_does_not_end_is_killed()
    {
        Plugin("""echo x > "$(dirname "$0")/started"; exec sleep 3600""");
        var credentials = Load(Config("server: https://x", "exec: {command: ./plugin, apiVersion: client.authentication.k8s.io/v1}")).Credentials;

        var asking = credentials.GetAsync(Cancelled).AsTask();
        await Eventually.TrueAsync(() => File.Exists(_folder.PathOf("started")), () => "the plugin was not started");
        _clock.Advance(TimeSpan.FromSeconds(30));

        var error = await Assert.ThrowsAsync<ConfigurationException>(() => asking);
        Assert.Contains("did not answer within 30 s", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pod_is_told_by_its_environment_and_files()
    {
        _folder.Write("token", "pod");
        _folder.Write("namespace", "edge");
        _folder.Write("ca.crt", "");

        var connection = InClusterConfiguration.Load(name => name == "KUBERNETES_SERVICE_HOST" ? "fd00::1" : "443", _folder.PathOf(""), _clock);

        Assert.Equal(("https://[fd00::1]/", "edge"), (connection.Server.ToString(), connection.Namespace));
        Assert.Equal("pod", (await connection.Credentials.GetAsync(Cancelled)).Token);
        Assert.Throws<ConfigurationException>(() => InClusterConfiguration.Load(_ => null, _folder.PathOf(""), _clock));
    }

    private static string Config(string cluster, string user, string more = "") => $"""
        apiVersion: v1
        kind: Config
        current-context: x
        contexts:
        - name: x
          context:
            cluster: c
            user: u
            {more}
        clusters:
        - name: c
          cluster:
            {cluster}
        users:
        - name: u
          user:
            {user}
        """;

    private ApiConnection Load(string text) => KubeconfigFile.Load(_folder.Write("config", text), null, _clock);

    private void Plugin(string script)
    {
        var path = _folder.Write("plugin", $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private void WriteCertificate(TestAuthority authority)
    {
        var (chain, key) = authority.Issue("me");
        _folder.Write("tls.crt", chain);
        _folder.Write("tls.key", key);
    }
}
