using System.Net;
using System.Security.Cryptography.X509Certificates;
using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Api.Configuration;
using EdgeProxy.Kubernetes.Api.Watching;
using EdgeProxy.Testing.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace EdgeProxy.Kubernetes.Tests.Api;

public sealed class ApiClientTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_refused_token_is_read_again_and_the_request_sent_once_more()
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Set("services", Objects.Service("a"));
        var token = _folder.Write("token", "old\n");
        server.Intercept = async context =>
        {
            if (context.Request.Headers.Authorization == "Bearer new")
            {
                return false;
            }

            _folder.Write("token", "new\n"); // as kubelet would have meanwhile
            await FakeApiServer.AnswerStatusAsync(context, 401, "Unauthorized", "Unauthorized");
            return true;
        };
        using var client = Client(server.Address, token);

        var service = await client.GetAsync("/api/v1/namespaces/default/services/a", WatchedKinds.Service.Item, Cancelled);

        Assert.Equal("a", service.Metadata.Name);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_token_that_stays_wrong_is_tried_twice_and_never_shown()
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Intercept = async context =>
        {
            await FakeApiServer.AnswerStatusAsync(context, 401, "Unauthorized", "Unauthorized");
            return true;
        };
        using var client = Client(server.Address, _folder.Write("token", "s3cret"));

        var error = await Assert.ThrowsAsync<ApiException>(() => client.GetAsync("/api/v1/nodes/n1?x=y", WatchedKinds.Node.Item, Cancelled));

        Assert.Equal((401, "Unauthorized", "GET", "/api/v1/nodes/n1"), (error.Status, error.Reason, error.Verb, error.Path));
        Assert.Equal(2, server.Requests.Count);
        Assert.DoesNotContain("s3cret", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_has_the_servers_reason_and_patience()
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Intercept = async context =>
        {
            context.Response.Headers.RetryAfter = "7";
            await FakeApiServer.AnswerStatusAsync(context, 409, "Conflict", "the object has been modified");
            return true;
        };
        using var client = Client(server.Address);

        var error = await Assert.ThrowsAsync<ApiException>(() => client.PatchAsync("/api/v1/nodes/n1", "application/merge-patch+json", "{}"u8.ToArray(), Cancelled));

        Assert.Equal((409, "Conflict", TimeSpan.FromSeconds(7)), (error.Status, error.Reason, error.RetryAfter));
        Assert.Equal("PATCH /api/v1/nodes/n1: the object has been modified", error.Message);
    }

    [Fact]
    public async Task Nobody_there_is_said_as_such()
    {
        var server = await FakeApiServer.StartAsync();
        await server.DisposeAsync();
        using var client = Client(server.Address);

        var error = await Assert.ThrowsAsync<ApiException>(() => client.GetAsync("/api/v1/nodes/n1", WatchedKinds.Node.Item, Cancelled));

        Assert.Equal((0, ApiException.Unreachable), (error.Status, error.Reason));
    }

    [Fact]
    public async Task A_server_without_an_answer_is_given_up_after_the_requests_time()
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Intercept = async context =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
            return true;
        };
        using var client = Client(server.Address);

        var error = await Assert.ThrowsAsync<ApiException>(
            () => client.SendAsync(new ApiRequest(HttpMethod.Get, "/api") { Timeout = TimeSpan.FromMilliseconds(50) }, Cancelled));

        Assert.Equal(ApiException.Unreachable, error.Reason);
    }

    [Fact]
    public async Task Both_sides_show_certificates_and_the_servers_may_have_another_name_than_its_address()
    {
        using var authority = new TestAuthority();
        await using var server = await StartTlsAsync(authority, "kubernetes.test");
        var (chain, key) = authority.Issue("alice");
        using var client = new ApiClient(
            new ApiConnection
            {
                Server = new Uri(server.Urls.First()),
                TlsServerName = "kubernetes.test",
                Authority = CertificateAuthority.Of(TextSource.File(_folder.Write("ca.crt", authority.Pem))),
                Credentials = new StoredCredentials(TimeProvider.System) { CertificateChain = TextSource.Given(chain), CertificateKey = TextSource.Given(key) },
            },
            TimeProvider.System);

        using var response = await client.SendAsync(new ApiRequest(HttpMethod.Get, "/who"), Cancelled);

        Assert.Equal("CN=alice HTTP/2", System.Text.Encoding.UTF8.GetString((await response.ReadAsync(Cancelled)).Span));
    }

    [Theory]
    [InlineData("other.test", true)]
    [InlineData("kubernetes.test", false)]
    public async Task A_server_of_another_name_or_authority_is_not_believed(string name, bool isRightAuthority)
    {
        using var authority = new TestAuthority();
        using var other = new TestAuthority();
        await using var server = await StartTlsAsync(authority, "kubernetes.test");
        using var client = new ApiClient(
            new ApiConnection
            {
                Server = new Uri(server.Urls.First()),
                TlsServerName = name,
                Authority = CertificateAuthority.Of(TextSource.Given((isRightAuthority ? authority : other).Pem)),
            },
            TimeProvider.System);

        var error = await Assert.ThrowsAsync<ApiException>(() => client.SendAsync(new ApiRequest(HttpMethod.Get, "/who"), Cancelled));

        Assert.Equal(ApiException.Unreachable, error.Reason);
    }

    private static ApiClient Client(Uri server, string? tokenFile = null) => new(
        new ApiConnection
        {
            Server = server,
            Credentials = new StoredCredentials(TimeProvider.System) { Token = tokenFile is null ? null : TextSource.File(tokenFile) },
        },
        TimeProvider.System);

    private static async Task<WebApplication> StartTlsAsync(TestAuthority authority, string name)
    {
        var (chain, key) = authority.Issue(name);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(https =>
        {
            https.ServerCertificate = X509Certificate2.CreateFromPem(chain, key);
            https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
            https.AllowAnyClientCertificate();
        })));
        var app = builder.Build();
        app.Run(context => context.Response.WriteAsync($"{context.Connection.ClientCertificate?.Subject} {context.Request.Protocol}", context.RequestAborted));
        await app.StartAsync(Cancelled);
        return app;
    }
}
