using System.Net;
using System.Net.Http.Headers;
using EdgeProxy.Http.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EdgeProxy.Http.Tests;

/// <summary>Calls shaped like gRPC's: HTTP/2 both ways, messages in both directions at once, trailers.</summary>
public sealed class GrpcTests
{
    [Theory]
    [InlineData("application/grpc", null, "HTTP/2")]
    [InlineData("application/grpc+proto", null, "HTTP/2")]
    [InlineData("application/json", "kubernetes.io/h2c", "HTTP/2")]
    [InlineData("application/json", "grpc", "HTTP/2")]
    [InlineData("application/grpc-web", null, "HTTP/1.1")]
    [InlineData("application/json", "http", "HTTP/1.1")]
    public async Task Version_follows_request_and_service(string contentType, string? appProtocol, string protocol)
    {
        var cancel = Deadline.Token;
        await using var backend = await KestrelBackend.StartAsync(
            context => context.Response.WriteAsync(context.Request.Protocol, context.RequestAborted),
            protocol == "HTTP/2" ? HttpProtocols.Http2 : HttpProtocols.Http1);
        await using var proxy = await StartAsync(backend, appProtocol);
        using var client = new HttpMessageInvoker(proxy.Handler());
        using var request = Request(contentType, new ByteArrayContent([1, 2, 3]));

        using var response = await client.SendAsync(request, cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(protocol, await response.Content.ReadAsStringAsync(cancel));
    }

    [Fact]
    public async Task Messages_flow_both_ways_and_trailers_follow()
    {
        var cancel = Deadline.Token;
        await using var backend = await KestrelBackend.StartAsync(
            async context =>
            {
                context.Response.ContentType = "application/grpc";
                context.Response.Headers["x-te"] = context.Request.Headers.TE;
                context.Response.Headers["x-authority"] = context.Request.Headers.Host;
                var buffer = new byte[100];
                int read;
                while ((read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0)
                {
                    await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
                }

                context.Response.AppendTrailer("grpc-status", "0");
                context.Response.AppendTrailer("grpc-message", "fine");
            },
            HttpProtocols.Http2);
        await using var proxy = await StartAsync(backend, appProtocol: null);
        using var client = new HttpMessageInvoker(proxy.Handler());
        using var upload = new DuplexContent();
        using var request = Request("application/grpc", upload);

#pragma warning disable CA2025 // Awaited below, before either is disposed.
        var answering = client.SendAsync(request, cancel);
#pragma warning restore CA2025
        var output = await upload.Stream.WaitAsync(cancel);
        await output.WriteAsync(new byte[] { 1 }, cancel);
        await output.FlushAsync(cancel);
        using var response = await answering;
        await using var input = await response.Content.ReadAsStreamAsync(cancel);

        // The second message is sent only when the first has come back.
        Assert.Equal(1, await ReadByteAsync(input, cancel));
        await output.WriteAsync(new byte[] { 2 }, cancel);
        await output.FlushAsync(cancel);
        Assert.Equal(2, await ReadByteAsync(input, cancel));
        upload.Complete();
        Assert.Equal(-1, await ReadByteAsync(input, cancel));

        Assert.Equal(["0"], response.TrailingHeaders.GetValues("grpc-status"));
        Assert.Equal(["fine"], response.TrailingHeaders.GetValues("grpc-message"));
        Assert.Equal(["trailers"], response.Headers.GetValues("x-te"));
        Assert.Equal(["app.example.com"], response.Headers.GetValues("x-authority"));
    }

    [Fact]
    public async Task Answer_of_trailers_only_passes()
    {
        var cancel = Deadline.Token;
        await using var backend = await KestrelBackend.StartAsync(
            context =>
            {
                context.Response.ContentType = "application/grpc";
                context.Response.Headers["grpc-status"] = "12";
                return Task.CompletedTask;
            },
            HttpProtocols.Http2);
        await using var proxy = await StartAsync(backend, appProtocol: null);
        using var client = new HttpMessageInvoker(proxy.Handler());
        using var request = Request("application/grpc", new ByteArrayContent([0, 0, 0, 0, 0]));

        using var response = await client.SendAsync(request, cancel);

        Assert.Equal(["12"], response.Headers.GetValues("grpc-status"));
    }

    [Fact]
    public async Task Call_passes_over_a_dead_endpoint()
    {
        var cancel = Deadline.Token;
        using var dead = DeadEndpoint.Refusing();
        await using var backend = await KestrelBackend.StartAsync(
            async context =>
            {
                await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
                context.Response.AppendTrailer("grpc-status", "0");
            },
            HttpProtocols.Http2);
        await using var proxy = await TestProxy.ServingAsync(dead.Address, backend.Address);
        using var client = new HttpMessageInvoker(proxy.Handler());
        for (var i = 0; i < 2; i++)
        {
            using var request = Request("application/grpc", new ByteArrayContent([0, 0, 0, 0, 0]));

            using var response = await client.SendAsync(request, cancel);

            Assert.Equal(5, (await response.Content.ReadAsByteArrayAsync(cancel)).Length);
            Assert.Equal(["0"], response.TrailingHeaders.GetValues("grpc-status"));
        }
    }

    [Fact]
    public async Task Call_the_endpoint_aborts_is_502()
    {
        var cancel = Deadline.Token;
        await using var backend = await KestrelBackend.StartAsync(
            context =>
            {
                context.Abort();
                return Task.CompletedTask;
            },
            HttpProtocols.Http2);
        await using var proxy = await StartAsync(backend, appProtocol: null);
        using var client = new HttpMessageInvoker(proxy.Handler());
        using var request = Request("application/grpc", new ByteArrayContent([0, 0, 0, 0, 0]));

        using var response = await client.SendAsync(request, cancel);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal("502 Bad Gateway: upstream_reset\n", await response.Content.ReadAsStringAsync(cancel));
    }

    private static Task<TestProxy> StartAsync(KestrelBackend backend, string? appProtocol) => TestProxy.StartAsync(builder =>
    {
        builder.SetService(Objects.Service("web", appProtocol, backend.Address));
        builder.SetIngress(Objects.Ingress("web"));
    });

    private static HttpRequestMessage Request(string contentType, HttpContent content)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "https://app.example.com/pkg.Service/Call")
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = content,
        };
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        return request;
    }

    private static async Task<int> ReadByteAsync(Stream stream, CancellationToken cancel)
    {
        var one = new byte[1];
        return await stream.ReadAsync(one, cancel) == 0 ? -1 : one[0];
    }

    /// <summary>A request body that the test writes while it reads the answer.</summary>
    private sealed class DuplexContent : HttpContent
    {
        private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Stream> Stream => _stream.Task;

        public void Complete() => _complete.TrySetResult();

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            _stream.SetResult(stream);
            return _complete.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
