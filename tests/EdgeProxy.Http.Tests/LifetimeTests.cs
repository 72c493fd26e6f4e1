using System.Net;
using System.Net.Sockets;
using EdgeProxy.Http.Tests.Support;
using EdgeProxy.Model;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeProxy.Http.Tests;

/// <summary>Starting, changing while running, draining.</summary>
public sealed class LifetimeTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n";

    [Fact]
    public async Task Taken_port_is_named_with_what_to_do()
    {
        await using var first = await TestProxy.StartAsync();

        var error = await Assert.ThrowsAsync<ListenException>(() => TestProxy.StartAsync(configure: options => options.HttpsPort = first.HttpPort));

        Assert.Equal(first.HttpPort, error.EndPoint.Port);
        Assert.Contains($"127.0.0.1:{first.HttpPort}", error.Message, StringComparison.Ordinal);
        Assert.Contains("set another port", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clients_that_come_before_the_first_snapshot_wait_for_it()
    {
        var cancel = Deadline.Token;
        await using var backend = await KestrelBackend.StartAsync(context => context.Response.WriteAsync("served", cancel));
        await using var proxy = await TestProxy.StartBeforeFirstSnapshotAsync();
        using var client = await proxy.ConnectAsync(cancel);
        var answer = client.AskAsync(Get, cancel);

        proxy.Change(builder =>
        {
            builder.SetService(Objects.Service("web", backend.Address));
            builder.SetIngress(Objects.Ingress("web"));
        });

        Assert.Equal(200, (await answer).Status);
    }

    [Fact]
    public async Task Address_of_another_host_is_named()
    {
        var error = await Assert.ThrowsAsync<ListenException>(
            () => TestProxy.StartAsync(configure: options => options.ListenAddresses = [IPAddress.Parse("192.0.2.1")]));

        Assert.Contains("192.0.2.1:0", error.Message, StringComparison.Ordinal);
        Assert.Contains("does not have the address", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SocketError.AccessDenied, "0.0.0.0", "NET_BIND_SERVICE")]
    [InlineData(SocketError.AccessDenied, "::", "NET_BIND_SERVICE")]
    [InlineData(SocketError.AddressAlreadyInUse, "::", "another process")]
    [InlineData(SocketError.AddressFamilyNotSupported, "::1", "IPv6 switched off")]
    [InlineData(SocketError.AddressFamilyNotSupported, "::", null)]
    [InlineData(SocketError.AddressNotAvailable, "::", null)]
    public void Each_reason_not_to_listen_comes_with_advice_unless_ipv4_can_take_over(SocketError error, string address, string? advice)
    {
        var given = Endpoints.ListenSocket.Advice(error, new IPEndPoint(IPAddress.Parse(address), 80));

        Assert.Equal(advice is null, given is null);
        Assert.Contains(advice ?? "", given ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Default_is_to_listen_on_every_address()
    {
        var cancel = Deadline.Token;
        await using var proxy = await TestProxy.StartAsync(configure: options => options.ListenAddresses = []);
        using var client = await proxy.ConnectAsync(cancel);

        Assert.Equal(404, (await client.AskAsync(Get, cancel)).Status);
        Assert.Contains(proxy.Frontend.HttpEndPoints[0].Address, new[] { IPAddress.Any, IPAddress.IPv6Any });
    }

    [Fact]
    public async Task Next_request_of_a_connection_sees_the_new_snapshot()
    {
        var cancel = Deadline.Token;
        await using var first = RawBackend.Answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst");
        await using var second = RawBackend.Answering("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond");
        await using var proxy = await TestProxy.ServingAsync(first.Address);
        using var client = await proxy.ConnectAsync(cancel);

        var before = await client.AskAsync(Get, cancel);
        proxy.Change(builder => builder.SetService(Objects.Service("web", second.Address)));
        var after = await client.AskAsync(Get, cancel);
        proxy.Change(builder => builder.RemoveIngress(Objects.Ingress("web").Name));
        var gone = await client.AskAsync(Get, cancel);

        Assert.Equal("first", before.Text);
        Assert.Equal("second", after.Text);
        Assert.Equal(404, gone.Status);
    }

    [Fact]
    public async Task Request_in_flight_keeps_what_it_took()
    {
        var cancel = Deadline.Token;
        using var go = new SemaphoreSlim(0);
        await using var backend = RawBackend.Doing(async (backend, wire, _, stop) =>
        {
            await backend.ReadRequestAsync(wire, stop);
            await go.WaitAsync(stop);
            await wire.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", stop);
        });
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        var held = proxy.Snapshots.Current.Services[Objects.Name("web")].Ports[0].Backends[0];
        using var client = await proxy.ConnectAsync(cancel);
        await client.SendAsync(Get, cancel);
        await backend.NextAsync(cancel);
        Assert.Equal(1, held.Active);

        proxy.Change(builder =>
        {
            builder.RemoveIngress(Objects.Ingress("web").Name);
            builder.RemoveService(Objects.Name("web"));
        });
        go.Release();

        Assert.Equal("ok", (await client.ReadAnswerAsync(cancel)).Text);
        await proxy.EndOfRequestAsync(cancel);
        Assert.Equal(0, held.Active);
    }

    [Fact]
    public async Task Two_hundred_swaps_fail_no_request()
    {
        var cancel = Deadline.Token;
        await using var stays = await KestrelBackend.StartAsync(context => context.Response.WriteAsync("ok", context.RequestAborted));
        await using var comesAndGoes = await KestrelBackend.StartAsync(context => context.Response.WriteAsync("ok", context.RequestAborted));
        await using var proxy = await TestProxy.ServingAsync(stays.Address, comesAndGoes.Address);
        using var done = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 4).Select(async index =>
        {
            using var client = index % 2 == 0 ? await proxy.ConnectAsync(cancel) : await proxy.ConnectTlsAsync(cancel);
            var count = 0;
            while (!done.IsCancellationRequested)
            {
                var answer = await client.AskAsync(Get, cancel);
                Assert.Equal(200, answer.Status);
                Assert.Equal("ok", answer.Text);
                count++;
            }

            return count;
        }).ToList();

        for (var i = 0; i < 200; i++)
        {
            proxy.Change(builder =>
            {
                builder.SetService(i % 2 == 0 ? Objects.Service("web", stays.Address) : Objects.Service("web", stays.Address, comesAndGoes.Address));
                builder.SetIngress(Objects.Ingress("other", $"host{i}.example.com"));
                builder.SetIngress(Objects.Ingress("web"));
            });
            await Task.Yield();
            using var probe = await proxy.ConnectAsync(cancel);
            Assert.Equal(200, (await probe.AskAsync(Get, cancel)).Status);
        }

        await done.CancelAsync();
        Assert.All(await Task.WhenAll(clients), count => Assert.True(count > 0));
    }

    [Fact]
    public async Task Drain_finishes_the_request_in_flight_and_takes_no_new_connection()
    {
        var cancel = Deadline.Token;
        using var go = new SemaphoreSlim(0);
        await using var backend = RawBackend.Doing(async (backend, wire, _, stop) =>
        {
            await backend.ReadRequestAsync(wire, stop);
            await go.WaitAsync(stop);
            await wire.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", stop);
        });
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var idle = await proxy.ConnectAsync(cancel);
        Assert.Equal(404, (await idle.AskAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n", cancel)).Status);
        using var busy = await proxy.ConnectAsync(cancel);
        await busy.SendAsync(Get, cancel);
        await backend.NextAsync(cancel);

        var draining = proxy.Frontend.DrainAsync(TimeSpan.FromSeconds(20), cancel);

        // The idle connection is closed, which says that draining has begun.
        Assert.Equal("", await idle.ReadToEndAsync(cancel));
        await Assert.ThrowsAsync<SocketException>(() => proxy.ConnectAsync(cancel));
        Assert.False(draining.IsCompleted);
        go.Release();
        var answer = await busy.ReadAnswerAsync(cancel);
        Assert.Equal("ok", answer.Text);
        Assert.Equal("close", answer.Head["Connection"]);
        Assert.Equal("", await busy.ReadToEndAsync(cancel));
        await draining.WaitAsync(cancel);
    }

    [Fact]
    public async Task Drain_aborts_what_is_left_at_the_deadline()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Doing(async (backend, wire, _, stop) =>
        {
            await backend.ReadRequestAsync(wire, stop);
            await wire.ReadToEndAsync(stop);
        });
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);
        await client.SendAsync(Get, cancel);
        await backend.NextAsync(cancel);

        await proxy.Frontend.DrainAsync(TimeSpan.FromMilliseconds(200), cancel);

        Assert.Equal("", await client.ReadToEndAsync(cancel));
    }

    [Fact]
    public async Task Http2_client_is_told_to_go_and_its_request_finishes()
    {
        var cancel = Deadline.Token;
        using var go = new SemaphoreSlim(0);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var backend = await KestrelBackend.StartAsync(async context =>
        {
            begun.TrySetResult();
            await go.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("ok", context.RequestAborted);
        });
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = new HttpClient(proxy.Handler())
        {
            DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        var answering = client.GetStringAsync(new Uri("https://app.example.com/"), cancel);
        await begun.Task.WaitAsync(cancel);

        var draining = proxy.Frontend.DrainAsync(TimeSpan.FromSeconds(20), cancel);
        await proxy.Log.WaitForAsync(line => line.EventId == 301, cancel);
        go.Release();

        Assert.Equal("ok", await answering);
        await draining.WaitAsync(cancel);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync(new Uri("https://app.example.com/"), cancel));
    }

    [Fact]
    public async Task Frontend_that_never_started_can_be_disposed()
    {
        var frontend = new HttpFrontend(new SnapshotPublisher(), new HttpFrontendOptions(), NullLoggerFactory.Instance, TimeProvider.System);

        Assert.Null(await Record.ExceptionAsync(() => frontend.DisposeAsync().AsTask()));
    }
}
