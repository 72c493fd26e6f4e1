using System.Text;
using EdgeProxy.Http.Tests.Support;

namespace EdgeProxy.Http.Tests.Policies;

/// <summary>Annotations of the chapter Retries. Two endpoints, of which one is bad: whoever asks twice meets it once.</summary>
public sealed class RetryAnnotationTests
{
    private const string Failing = "HTTP/1.1 503 Service Unavailable\r\nX-Secret: first\r\nContent-Length: 3\r\n\r\nbad";

    [Theory(Timeout = 30_000)]
    [InlineData("error timeout http_503", "GET", new[] { 200, 200 })]
    [InlineData("http_404 http_429 http_500", "GET", new[] { 200, 503 })]
    [InlineData("off", "GET", new[] { 200, 503 })]
    [InlineData("http_503", "POST", new[] { 200, 503 })]
    [InlineData("http_503 non_idempotent", "POST", new[] { 200, 200 })]
    [InlineData("http_503 sometimes", "GET", new[] { 200, 503 })]
    public async Task An_answer_that_asks_for_it_is_replaced_by_another_endpoints(string conditions, string method, int[] statuses)
    {
        await using var bad = RawBackend.Answering(Failing);
        await using var good = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(Manifests([("proxy-next-upstream", conditions)], bad, good));

        var answers = await AskTwiceAsync(lab, $"{method} / HTTP/1.1\r\nHost: app.example.com\r\n\r\n");

        Assert.Equal(statuses, answers.Select(answer => answer.Status).Order());
        Assert.All(answers.Where(answer => answer.Status == 200), answer =>
        {
            Assert.Equal("HTTP/1.1 200 OK", answer.Head.First);
            Assert.Equal("ok", answer.Text);
            Assert.Equal("", answer.Head["X-Secret"]);
        });
        Assert.Equal(conditions.Contains("sometimes", StringComparison.Ordinal) ? 1 : 0, lab.ProblemsOf("proxy-next-upstream").Count());
    }

    [Fact(Timeout = 30_000)]
    public async Task The_config_map_may_allow_what_is_not_idempotent()
    {
        await using var bad = RawBackend.Answering(Failing);
        await using var good = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            Manifests([("proxy-next-upstream", "http_503")], bad, good), configuration: ("retry-non-idempotent", "true"));

        var answers = await AskTwiceAsync(lab, "POST / HTTP/1.1\r\nHost: app.example.com\r\n\r\n");

        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
    }

    [Fact(Timeout = 30_000)]
    public async Task The_last_endpoints_answer_is_passed_on_whatever_it_is()
    {
        await using var first = RawBackend.Answering(Failing);
        await using var second = RawBackend.Answering(Failing);
        await using var lab = await IngressLab.StartAsync(Manifests([("proxy-next-upstream", "http_503")], first, second));

        var answer = await lab.GetAsync("/", Deadline.Token);

        Assert.Equal((503, "bad"), (answer.Status, answer.Text));
        Assert.Equal(2, first.Connections + second.Connections);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("1", 1)]
    [InlineData("2", 2)]
    [InlineData("0", 3)]
    [InlineData("-1", 3)]
    public async Task Tries_are_as_many_as_asked_for(string tries, int expected)
    {
        var dead = Enumerable.Range(0, 3).Select(_ => DeadEndpoint.Refusing()).ToList();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", [.. dead.Select(endpoint => endpoint.Address)]) + IngressLab.IngressWith([("proxy-next-upstream-tries", tries)]));

        var answer = await lab.GetAsync("/", Deadline.Token);

        Assert.Equal("502 Bad Gateway: connect_failed\n", answer.Text);
        Assert.Equal($"{expected}", (await lab.Proxy.EndOfRequestAsync(Deadline.Token)).Field("Tries"));
        dead.ForEach(endpoint => endpoint.Dispose());
    }

    [Theory(Timeout = 30_000)]
    [InlineData("GET", new[] { 200, 200 })]
    [InlineData("DELETE", new[] { 200, 200 })]
    [InlineData("POST", new[] { 200, 502 })]
    [InlineData("PATCH", new[] { 200, 502 })]
    [InlineData("LOCK", new[] { 200, 502 })]
    public async Task A_broken_connection_is_made_up_for_where_the_method_may_be_repeated(string method, int[] statuses)
    {
        await using var bad = RawBackend.Doing(async (backend, wire, _, stop) => await backend.ReadRequestAsync(wire, stop));
        await using var good = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(Manifests([], bad, good));

        var answers = await AskTwiceAsync(lab, $"{method} / HTTP/1.1\r\nHost: app.example.com\r\n\r\n");

        Assert.Equal(statuses, answers.Select(answer => answer.Status).Order());
    }

    [Theory(Timeout = 30_000)]
    [InlineData("error timeout", new[] { 200, 200 })]
    [InlineData("error", new[] { 200, 504 })]
    public async Task A_silent_endpoint_is_made_up_for_where_timeouts_count(string conditions, int[] statuses)
    {
        await using var silent = RawBackend.Doing(async (_, wire, _, stop) => await wire.ReadToEndAsync(stop));
        await using var good = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            Manifests([("proxy-next-upstream", conditions), ("proxy-read-timeout", "1")], silent, good));

        var answers = await AskTwiceAsync(lab, "GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n");

        Assert.Equal(statuses, answers.Select(answer => answer.Status).Order());
    }

    [Theory(Timeout = 30_000)]
    [InlineData("off", new[] { 200, 503 })]
    [InlineData("on", new[] { 200, 200 })]
    public async Task A_body_is_sent_again_only_when_it_was_kept(string buffering, int[] statuses)
    {
        await using var bad = RawBackend.Answering(Failing);
        await using var good = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            Manifests([("proxy-next-upstream", "http_503"), ("proxy-request-buffering", buffering)], bad, good));
        var body = new string('b', 200_000);

        var answers = await AskTwiceAsync(lab, $"PUT / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: {body.Length}\r\n\r\n{body}");

        Assert.Equal(statuses, answers.Select(answer => answer.Status).Order());
        Assert.Equal(body, Encoding.ASCII.GetString((await good.NextAsync(Deadline.Token)).Body));
    }

    [Fact(Timeout = 30_000)]
    public async Task With_the_time_gone_no_further_try_begins()
    {
        var cancel = Deadline.Token;
        using var silent = await DeadEndpoint.SilentAsync(cancel);
        await using var good = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", silent.Address, good.Address)
            + IngressLab.IngressWith([("proxy-connect-timeout", "2"), ("proxy-next-upstream-timeout", "1")]));

        var statuses = new[] { (await lab.GetAsync("/", cancel)).Status, (await lab.GetAsync("/", cancel)).Status };

        Assert.Equal([200, 504], statuses.Order());
    }

    private static string Manifests((string, string)[] annotations, params RawBackend[] backends) =>
        IngressLab.ServiceFor("web", [.. backends.Select(backend => backend.Address)]) + IngressLab.IngressWith(annotations);

    private static async Task<List<HttpAnswer>> AskTwiceAsync(IngressLab lab, string request)
    {
        var answers = new List<HttpAnswer>();
        for (var i = 0; i < 2; i++)
        {
            using var client = await lab.Proxy.ConnectAsync(Deadline.Token);
            answers.Add(await client.AskAsync(request, Deadline.Token));
        }

        return answers;
    }
}
