using System.Net;
using EdgeProxy.Http.Forwarding.Bodies;
using EdgeProxy.Http.Policies.Limits;
using EdgeProxy.Http.Tests.Support;
using EdgeProxy.Model;
using EdgeProxy.Model.Policies;
using EdgeProxy.Testing;

namespace EdgeProxy.Http.Tests.Policies;

/// <summary>Annotations of the chapter Rate limits, from the manifest to the wire.</summary>
public sealed class LimitAnnotationTests
{
    [Fact(Timeout = 30_000)]
    public async Task A_limit_of_five_a_second_lets_twenty_six_through_at_once_and_then_five_a_second()
    {
        var time = new ManualTimeProvider();
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([("limit-rps", "5")]), time: time);

        Assert.Equal(26, await PassedAsync(lab, 40));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(5, await PassedAsync(lab, 10));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(26, await PassedAsync(lab, 40));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_limit_a_minute_has_its_multiplier_and_its_status()
    {
        var time = new ManualTimeProvider();
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([("limit-rpm", "6"), ("limit-burst-multiplier", "2")]),
            time: time,
            configuration: ("limit-req-status-code", "429"));

        Assert.Equal(13, await PassedAsync(lab, 20));
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(1, await PassedAsync(lab, 3));

        var refused = await lab.GetAsync("/", Deadline.Token);
        Assert.Equal(429, refused.Status);
        Assert.Equal("429 Too Many Requests: rate_limited\n", refused.Text);
    }

    [Fact(Timeout = 30_000)]
    public async Task What_was_counted_stays_counted_when_the_ingress_changes()
    {
        await using var backend = RawBackend.Answering();
        var service = IngressLab.ServiceFor("web", backend.Address);
        await using var lab = await IngressLab.StartAsync(
            service + IngressLab.IngressWith([("limit-rpm", "1"), ("limit-burst-multiplier", "1")]), time: new ManualTimeProvider());
        Assert.Equal(2, await PassedAsync(lab, 3));

        lab.Write(service + IngressLab.IngressWith([("limit-rpm", "1"), ("limit-burst-multiplier", "1"), ("app-root", "/start")]));

        Assert.Equal(0, await PassedAsync(lab, 2));
    }

    [Fact(Timeout = 30_000)]
    public async Task All_paths_of_an_ingress_are_counted_together_and_other_ingresses_apart()
    {
        await using var backend = RawBackend.Answering();
        (string, string)[] limit = [("limit-rpm", "1"), ("limit-burst-multiplier", "1")];
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address)
            + IngressLab.IngressWith(limit, extra: "defaultBackend: {service: {name: web, port: {number: 80} } }", path: "/a")
            + IngressLab.IngressWith(limit, name: "other", host: "other.example.com"),
            time: new ManualTimeProvider());

        Assert.Equal(200, (await lab.GetAsync("/a", Deadline.Token)).Status);
        Assert.Equal(200, (await lab.GetAsync("/default", Deadline.Token)).Status);
        Assert.Equal(503, (await lab.GetAsync("/a", Deadline.Token)).Status);
        Assert.Equal(503, (await lab.GetAsync("/default", Deadline.Token)).Status);
        Assert.Equal(200, (await lab.GetAsync("/", Deadline.Token, host: "other.example.com")).Status);
    }

    [Fact(Timeout = 30_000)]
    public async Task Exempt_addresses_are_not_counted()
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address)
            + IngressLab.IngressWith([("limit-rps", "1"), ("limit-burst-multiplier", "1"), ("limit-whitelist", "127.0.0.0/8")]),
            time: new ManualTimeProvider());

        Assert.Equal(10, await PassedAsync(lab, 10));
    }

    [Fact(Timeout = 30_000)]
    public async Task Requests_in_progress_are_counted_until_they_end()
    {
        var holding = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var arrived = new SemaphoreSlim(0);
        await using var backend = await KestrelBackend.StartAsync(async context =>
        {
            if (context.Request.Path == "/slow")
            {
                arrived.Release();
                await holding.Task;
            }
        });
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([("limit-connections", "2")]));

        Task<HttpAnswer>[] slow = [lab.GetAsync("/slow", Deadline.Token), lab.GetAsync("/slow", Deadline.Token)];
        await arrived.WaitAsync(Deadline.Token);
        await arrived.WaitAsync(Deadline.Token);
        var refused = await lab.GetAsync("/", Deadline.Token);
        Assert.Equal(503, refused.Status);
        Assert.Contains("connection_limited", refused.Text, StringComparison.Ordinal);

        holding.SetResult();
        Assert.All(await Task.WhenAll(slow), answer => Assert.Equal(200, answer.Status));

        // The last bytes reach the client a moment before the request is over.
        while ((await lab.GetAsync("/", Deadline.Token)).Status != 200)
        {
            Deadline.Token.ThrowIfCancellationRequested();
        }
    }

    [Theory(Timeout = 30_000)]
    [InlineData("limit-rps", "many")]
    [InlineData("limit-rpm", "-1")]
    [InlineData("limit-connections", "1.5")]
    [InlineData("limit-allowlist", "nobody")]
    public async Task A_limit_that_is_none_closes_the_ingress(string annotation, string value)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([(annotation, value)]));

        var answer = await lab.GetAsync("/", Deadline.Token);

        Assert.Equal(503, answer.Status);
        Assert.Contains("closed", answer.Text, StringComparison.Ordinal);
        Assert.Contains(lab.Problems, problem => problem.Field == $"metadata.annotations[nginx.ingress.kubernetes.io/{annotation}]");
    }

    [Fact]
    public void A_flood_of_addresses_does_not_make_the_zone_forget_who_is_over_its_limit()
    {
        var zone = new RateZone(perSecond: 1, burst: 5, new ManualTimeProvider(), capacity: 1000);
        var guilty = IpAddr.Parse("192.0.2.1");
        while (zone.TryTake(guilty))
        {
            // Up to its limit.
        }

        for (uint i = 0; i < 100_000; i++)
        {
            zone.TryTake(IpAddr.From(new IPAddress([10, (byte)(i >> 16), (byte)(i >> 8), (byte)i])));
        }

        Assert.False(zone.TryTake(guilty));
    }

    [Fact(Timeout = 30_000)]
    public async Task An_answer_is_sent_no_faster_than_its_rate_after_what_is_free()
    {
        var time = new ManualTimeProvider();
        var body = new byte[4096];
        await using var backend = await KestrelBackend.StartAsync(async context =>
        {
            context.Response.ContentLength = body.Length;
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        });
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([("limit-rate", "1"), ("limit-rate-after", "1")]), time: time);

        using var client = await lab.Proxy.ConnectAsync(Deadline.Token);
        await client.SendAsync($"GET / HTTP/1.1\r\nHost: {Objects.Host}\r\n\r\n", Deadline.Token);
        var head = await client.ReadHeadAsync(Deadline.Token);
        Assert.Equal("4096", head!["Content-Length"]);

        // One KiB is free and one is the first second's; the rest takes two seconds of this clock.
        var reading = client.ReadBodyAsync(head, Deadline.Token);
        while (!reading.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        var (received, complete) = await reading;
        Assert.True(complete);
        Assert.Equal(body.Length, received.Length);
        Assert.True(time.GetTimestamp() >= TimeSpan.FromSeconds(2).Ticks);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_second_of_an_answer_may_go_at_once_and_then_the_rate()
    {
        var time = new ManualTimeProvider();
        using var content = new BodyContent(new ByteArrayContent(new byte[5000]), inner => new ThrottledStream(inner, new BandwidthPolicy(1000, After: 500), time));
        await using var stream = await content.ReadAsStreamAsync(Deadline.Token);
        var buffer = new byte[8192];

        Assert.Equal(1500, await stream.ReadAsync(buffer, Deadline.Token));
        var reading = stream.ReadAsync(buffer, Deadline.Token);
        Assert.False(reading.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(100, await reading);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(2000, await stream.ReadAsync(buffer, Deadline.Token));
    }

    /// <summary>How many of some requests in a row were served.</summary>
    private static async Task<int> PassedAsync(IngressLab lab, int requests)
    {
        using var client = await lab.Proxy.ConnectAsync(Deadline.Token);
        var passed = 0;
        for (var i = 0; i < requests; i++)
        {
            var answer = await client.AskAsync($"GET / HTTP/1.1\r\nHost: {Objects.Host}\r\n\r\n", Deadline.Token);
            passed += answer.Status == 200 ? 1 : 0;
        }

        return passed;
    }
}
