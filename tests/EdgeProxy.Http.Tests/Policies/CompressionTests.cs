using System.IO.Compression;
using System.Text;
using EdgeProxy.Http.Tests.Support;

namespace EdgeProxy.Http.Tests.Policies;

/// <summary>The ConfigMap's use-gzip and relatives.</summary>
public sealed class CompressionTests
{
    private static readonly string Text = string.Concat(Enumerable.Repeat("the same words again ", 200));

    [Theory(Timeout = 30_000)]
    [InlineData("Content-Type: text/html; charset=utf-8\r\nETag: \"1\"\r\n", "gzip, br", true)]
    [InlineData("Content-Type: application/json\r\n", "br, *;q=0.1", true)]
    [InlineData("Content-Type: image/png\r\n", "gzip", false)]
    [InlineData("Content-Type: text/html\r\n", "br, gzip;q=0", false)]
    [InlineData("Content-Type: text/html\r\nCache-Control: no-transform\r\n", "gzip", false)]
    [InlineData("Content-Type: text/html\r\nContent-Encoding: br\r\n", "gzip", false)]
    public async Task Answers_are_compressed_for_who_takes_it(string head, string accepts, bool compressed)
    {
        await using var backend = RawBackend.Answering($"HTTP/1.1 200 OK\r\n{head}Content-Length: {Text.Length}\r\n\r\n{Text}");
        await using var lab = await StartAsync(backend, ("use-gzip", "true"));

        var answer = await lab.GetAsync("/", Deadline.Token, headers: $"Accept-Encoding: {accepts}\r\n");

        Assert.Equal(compressed, answer.Head["Content-Encoding"] == "gzip");
        Assert.Equal(Text, compressed ? Unzip(answer.Body) : answer.Text);
        if (compressed)
        {
            Assert.True(answer.Body.Length < Text.Length / 10, $"{answer.Body.Length} bytes");
            Assert.Contains("Accept-Encoding", answer.Head["Vary"], StringComparison.Ordinal);
            Assert.DoesNotContain("ETag: \"1\"", answer.Head.Lines);
        }
    }

    [Theory(Timeout = 30_000)]
    [InlineData("gzip, deflate, br", "br")]
    [InlineData("gzip, br;q=0", "gzip")]
    [InlineData("*", "gzip")]
    [InlineData("deflate", "")]
    public async Task Brotli_goes_before_gzip_where_the_client_names_it(string accepts, string coding)
    {
        await using var backend = RawBackend.Answering($"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {Text.Length}\r\n\r\n{Text}");
        await using var lab = await StartAsync(backend, ("use-gzip", "true"), ("enable-brotli", "true"), ("brotli-level", "12"));

        var answer = await lab.GetAsync("/", Deadline.Token, headers: $"Accept-Encoding: {accepts}\r\n");

        Assert.Equal(coding, answer.Head["Content-Encoding"]);
        Assert.Equal("Accept-Encoding", answer.Head["Vary"]);
        Assert.Equal(Text, coding switch { "br" => Unbrotli(answer.Body), "gzip" => Unzip(answer.Body), _ => answer.Text });
        Assert.Contains(lab.Problems, problem => problem.Field == "data[brotli-level]");
    }

    [Theory(Timeout = 30_000)]
    [InlineData("use-gzip", System.Net.DecompressionMethods.GZip)]
    [InlineData("enable-brotli", System.Net.DecompressionMethods.Brotli)]
    public async Task What_streams_is_passed_on_as_it_comes(string key, System.Net.DecompressionMethods method)
    {
        var cancel = Deadline.Token;
        var goOn = new TaskCompletionSource();
        await using var backend = RawBackend.Doing(async (backend, wire, _, token) =>
        {
            await backend.ReadRequestAsync(wire, token);
            await wire.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n", token);
            await goOn.Task.WaitAsync(token);
            await wire.SendAsync("6\r\nsecond\r\n0\r\n\r\n", token);
        });
        await using var lab = await StartAsync(backend, (key, "true"));
        using var handler = lab.Proxy.Handler();
        handler.AutomaticDecompression = method;
        using var client = new HttpClient(handler);
        using var answer = await client.GetAsync(new Uri($"http://{Objects.Host}/"), HttpCompletionOption.ResponseHeadersRead, cancel);
        await using var body = await answer.Content.ReadAsStreamAsync(cancel);
        var buffer = new byte[100];

        await body.ReadExactlyAsync(buffer.AsMemory(0, 5), cancel);
        Assert.Equal("first", Encoding.ASCII.GetString(buffer, 0, 5));
        goOn.SetResult();
        await body.ReadExactlyAsync(buffer.AsMemory(0, 6), cancel);
        Assert.Equal("second", Encoding.ASCII.GetString(buffer, 0, 6));
        Assert.Equal(0, await body.ReadAsync(buffer, cancel));
    }

    [Fact(Timeout = 30_000)]
    public async Task Small_answers_and_other_types_are_as_configured()
    {
        await using var backend = RawBackend.Answering("HTTP/1.1 200 OK\r\nContent-Type: text/x-own\r\nContent-Length: 9\r\n\r\naaaaaaaaa");
        await using var small = await StartAsync(backend, ("use-gzip", "true"), ("gzip-types", "*"));
        await using var any = await StartAsync(backend, ("use-gzip", "true"), ("gzip-types", "text/x-own"), ("gzip-min-length", "9"), ("gzip-level", "10"));

        Assert.Equal("", (await small.GetAsync("/", Deadline.Token, headers: "Accept-Encoding: gzip\r\n")).Head["Content-Encoding"]);
        Assert.Equal("gzip", (await any.GetAsync("/", Deadline.Token, headers: "Accept-Encoding: gzip\r\n")).Head["Content-Encoding"]);
        Assert.Contains(any.Problems, problem => problem.Field == "data[gzip-level]");
    }

    private static Task<IngressLab> StartAsync(RawBackend backend, params (string Key, string Value)[] configuration) => IngressLab.StartAsync(
        IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([]), configuration: configuration);

    private static string Unbrotli(byte[] bytes)
    {
        using var brotli = new BrotliStream(new MemoryStream(bytes), CompressionMode.Decompress);
        using var reader = new StreamReader(brotli);
        return reader.ReadToEnd();
    }

    private static string Unzip(byte[] bytes)
    {
        using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        using var reader = new StreamReader(gzip);
        return reader.ReadToEnd();
    }
}
