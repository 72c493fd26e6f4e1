using System.Net.Sockets;
using System.Text;
using EdgeProxy.Http.Tests.Support;
using EdgeProxy.Testing;

namespace EdgeProxy.Http.Tests.FastLane;

/// <summary>Bytes through the fast lane: in any pieces, in order, at the pace of the slower side, and when a side breaks.</summary>
public sealed class LaneTransferTests
{
    private const string Plain = "GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n";

    [Theory(Timeout = 60_000)]
    [InlineData("GET /x HTTP/1.1\r\nHost: app.example.com\r\nAccept: */*\r\n\r\n", "")]
    [InlineData("POST /x HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 5\r\n\r\nhello", "hello")]
    [InlineData("POST /x HTTP/1.1\r\nHost: app.example.com\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "hello")]
    public async Task Request_arrives_whole_wherever_it_is_split(string request, string body)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(backend.Address);

        for (var split = 1; split < request.Length; split++)
        {
            using var client = await proxy.ConnectAsync(cancel);
            await client.SendAsync(request[..split], cancel);
            await Task.Yield();
            await client.SendAsync(request[split..] + Plain, cancel);

            Assert.Equal("ok", (await client.ReadAnswerAsync(cancel)).Text);
            Assert.Equal("ok", (await client.ReadAnswerAsync(cancel)).Text);
            Assert.Equal(body, Encoding.ASCII.GetString((await backend.NextAsync(cancel)).Body));
            Assert.Equal("/", (await backend.NextAsync(cancel)).Head.Target);
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData("HTTP/1.1 200 OK\r\nX-A: 1\r\n  2\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nhe\r\n03\r\nllo\r\n0\r\nT: 1\r\n\r\n")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\nContent-Length: 5\n\nhello")]
    public async Task Answer_arrives_whole_wherever_it_is_split(string answer)
    {
        var cancel = TestContext.Current.CancellationToken;
        var split = 0;
        using var wentOn = new SemaphoreSlim(0);
        await using var backend = RawBackend.Doing(async (backend, wire, _, stop) =>
        {
            while (await backend.ReadRequestAsync(wire, stop))
            {
                await wire.SendAsync(answer[..split], stop);
                await Task.Yield();
                await wire.SendAsync(answer[split..], stop);
            }
        });
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        for (split = 1; split < answer.Length; split++)
        {
            var got = await client.AskAsync(Plain, cancel);
            Assert.True(got.Complete);
            Assert.Equal("hello", got.Text);
        }

        Assert.Equal(answer.Length - 1, proxy.Frontend.FastLaneRequests);
        Assert.Equal(1, backend.Connections);
    }

    [Fact(Timeout = 60_000)]
    public async Task Requests_sent_ahead_are_answered_in_order_on_both_sides_of_the_hand_over()
    {
        var cancel = TestContext.Current.CancellationToken;
        const int Count = 60;
        await using var backend = RawBackend.Doing(async (backend, wire, _, stop) =>
        {
            while (await wire.ReadHeadAsync(stop) is { } head)
            {
                var (body, _) = await wire.ReadBodyAsync(head, stop);
                var text = head.Target + Encoding.ASCII.GetString(body);
                await wire.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {text.Length}\r\n\r\n{text}", stop);
            }
        });
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);
        var requests = Enumerable.Range(0, Count).Select(index => (index % 3, index > Count / 2) switch
        {
            (0, _) => $"GET /{index} HTTP/1.1\r\nHost: app.example.com\r\n\r\n",
            (1, true) => $"POST /{index} HTTP/1.1\r\nHost: app.example.com\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            _ => $"POST /{index} HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 3\r\n\r\nabc",
        });

        await client.SendAsync(string.Concat(requests), cancel);

        for (var index = 0; index < Count; index++)
        {
            Assert.Equal($"/{index}{(index % 3 == 0 ? "" : "abc")}", (await client.ReadAnswerAsync(cancel)).Text);
        }

        Assert.Equal(1, proxy.Frontend.FastLaneHandOvers);
        Assert.InRange(proxy.Frontend.FastLaneRequests, Count / 2, Count);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Endpoint_waits_for_a_client_that_does_not_read(bool chunked)
    {
        var cancel = TestContext.Current.CancellationToken;
        const int Length = 64 * 1024 * 1024;
        var block = new byte[64 * 1024];
        Array.Fill(block, (byte)'x');
        long sent = 0;
        await using var backend = RawBackend.Doing(async (backend, wire, _, stop) =>
        {
            await backend.ReadRequestAsync(wire, stop);
            await wire.SendAsync(chunked ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" : $"HTTP/1.1 200 OK\r\nContent-Length: {Length}\r\n\r\n", stop);
            for (var left = Length; left > 0; left -= block.Length)
            {
                if (chunked)
                {
                    await wire.SendAsync($"{block.Length:x}\r\n", stop);
                }

                await wire.SendAsync(block, stop);
                Interlocked.Add(ref sent, block.Length);
                if (chunked)
                {
                    await wire.SendAsync("\r\n", stop);
                }
            }

            if (chunked)
            {
                await wire.SendAsync("0\r\n\r\n", stop);
            }
        });
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        await client.SendAsync(Plain, cancel);
        var head = await client.ReadHeadAsync(cancel);

        // It stands still when what is sent does not grow any more: kernels on the way hold a few megabytes, and we a block.
        long before;
        do
        {
            before = Interlocked.Read(ref sent);
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancel);
        }
        while (Interlocked.Read(ref sent) != before);

        Assert.True(before < Length, $"{before} bytes were sent to a client that reads none.");
        var (body, complete) = await client.ReadBodyAsync(head!, cancel);
        Assert.True(complete);
        Assert.Equal(Length, body.Length);
        Assert.False(body.AsSpan().ContainsAnyExcept((byte)'x'));
        Assert.Equal("200", (await proxy.EndOfRequestAsync(cancel)).Field("Status"));
        Assert.Equal(1, proxy.Frontend.FastLaneRequests);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n", 200)]
    [InlineData("PUT / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 3\r\n\r\nabc", 200)]
    [InlineData("POST / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 3\r\n\r\nabc", 502)]
    public async Task Kept_connection_that_ends_just_when_it_is_used_costs_no_request_that_may_be_repeated(string request, int status)
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Doing(async (backend, wire, _, stop) =>
        {
            await backend.ReadRequestAsync(wire, stop);
            await wire.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", stop);

            // The next request comes, and finds the connection at its end.
            await wire.ReadHeadAsync(stop);
        });
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        Assert.Equal(200, (await client.AskAsync(Plain, cancel)).Status);
        Assert.Equal(status, (await client.AskAsync(request, cancel)).Status);

        Assert.Equal(status == 200 ? 2 : 1, backend.Connections);
        Assert.Equal(2, proxy.Frontend.FastLaneRequests);
    }

    [Fact(Timeout = 30_000)]
    public async Task Connection_the_endpoint_has_closed_is_not_used_again()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Doing(async (backend, wire, _, stop) =>
        {
            await backend.ReadRequestAsync(wire, stop);
            await wire.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", stop);
        });
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(200, (await client.AskAsync("PUT / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 1\r\n\r\nx", cancel)).Status);
        }

        Assert.Equal(20, backend.Connections);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(0, "upstream_reset", 200)]
    [InlineData(5, "upstream_reset", 200)]
    public async Task Endpoint_that_breaks_before_the_head_is_whole_is_passed_over(int bytes, string reason, int status)
    {
        var cancel = Deadline.Token;
        await using var breaking = RawBackend.Doing(async (backend, wire, socket, stop) =>
        {
            await backend.ReadRequestAsync(wire, stop);
            await wire.SendAsync("HTTP/1.1 200 OK"[..bytes], stop);
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        });
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(breaking.Address, backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(status, (await client.AskAsync(Plain, cancel)).Status);
        }

        Assert.DoesNotContain(proxy.Log.Lines, line => line.EventId == 311 && line.Field("Reason") == reason);
        Assert.Contains(proxy.Log.Lines, line => line.EventId == 310 && line.Field("Tries") == "2");
        Assert.Equal(4, proxy.Frontend.FastLaneRequests);
    }

    [Fact(Timeout = 30_000)]
    public async Task Answer_given_before_the_body_was_read_stands_although_the_endpoint_resets()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Doing(async (_, wire, _, stop) =>
        {
            // What it leaves unread makes its close a reset.
            await wire.ReadLineAsync(stop);
            await wire.SendAsync("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno", stop);
        });
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        var answer = await client.AskAsync($"POST / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 60000\r\n\r\n{new string('x', 60_000)}", cancel);

        Assert.Equal(413, answer.Status);
        Assert.Equal("no", answer.Text);
        Assert.Equal(1, proxy.Frontend.FastLaneRequests);
    }

    [Fact(Timeout = 30_000)]
    public async Task Chunks_that_are_none_cut_the_answer_short()
    {
        var cancel = Deadline.Token;
        using var go = new SemaphoreSlim(0);
        await using var backend = RawBackend.Doing(async (backend, wire, _, stop) =>
        {
            await backend.ReadRequestAsync(wire, stop);
            await wire.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", stop);
            await go.WaitAsync(stop);
            await wire.SendAsync("zz\r\n", stop);
            await wire.ReadToEndAsync(stop);
        });
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        await client.SendAsync(Plain, cancel);
        var head = await client.ReadHeadAsync(cancel);
        go.Release();
        var (_, complete) = await client.ReadBodyAsync(head!, cancel);

        Assert.False(complete);
        Assert.Equal("upstream_reset", (await proxy.EndOfRequestAsync(cancel)).Field("Reason"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Drain_under_load_fails_no_request()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        var started = 0;
        var loads = Enumerable.Range(0, 16).Select(async _ =>
        {
            using var client = await proxy.ConnectAsync(cancel);
            while (true)
            {
                HttpAnswer answer;
                try
                {
                    await client.SendAsync(Plain, cancel);
                    if (await client.ReadHeadAsync(cancel) is not { } head)
                    {
                        // Closed between two requests, which RFC 9112 §9.3.1 lets a client repeat.
                        return;
                    }

                    var (body, complete) = await client.ReadBodyAsync(head, cancel);
                    answer = new HttpAnswer(head, body, complete);
                }
                catch (IOException)
                {
                    return;
                }

                Assert.Equal(200, answer.Status);
                Assert.Equal("ok", answer.Text);
                Interlocked.Increment(ref started);
                if (answer.Head["Connection"] == "close")
                {
                    Assert.Equal("", await client.ReadToEndAsync(cancel));
                    return;
                }
            }
        }).ToList();
        await Eventually.TrueAsync(() => Volatile.Read(ref started) > 200, () => $"{started} requests were answered.");

        await proxy.Frontend.DrainAsync(TimeSpan.FromSeconds(20), cancel);

        await Task.WhenAll(loads);
        Assert.DoesNotContain(proxy.Log.Lines, line => line.EventId == 311);
        Assert.All(proxy.Snapshots.Current.Services[Objects.Name("web")].Ports[0].Backends, backend => Assert.Equal(0, backend.Active));
    }

    [Fact(Timeout = 30_000)]
    public async Task Silent_connection_is_closed_after_the_keep_alive_timeout()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(options => options.KeepAliveTimeout = TimeSpan.FromMilliseconds(300), backend.Address);
        using var client = await proxy.ConnectAsync(cancel);
        using var silent = await proxy.ConnectAsync(cancel);

        Assert.Equal(200, (await client.AskAsync(Plain, cancel)).Status);

        Assert.Equal("", await client.ReadToEndAsync(cancel));
        Assert.Equal("", await silent.ReadToEndAsync(cancel));
        Assert.Equal(1, proxy.Frontend.FastLaneRequests);
    }
}
