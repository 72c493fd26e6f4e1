using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeProxy.EndToEnd.Tests.Telemetry;

/// <summary>A collector: takes OTLP by gRPC or HTTP/protobuf and keeps what it understands of it. Owns its port.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OtlpReceiver(WebApplication app) => _app = app;

    public ConcurrentQueue<Span> Spans { get; } = new();

    /// <summary>Names of metrics, with their units.</summary>
    public ConcurrentDictionary<string, string> Metrics { get; } = new();

    /// <summary>Attributes of the last resource.</summary>
    public IReadOnlyDictionary<string, string> Resource { get; private set; } = new Dictionary<string, string>();

    /// <summary>Values of the header <c>authorization</c> that came.</summary>
    public ConcurrentQueue<string> Authorizations { get; } = new();

    public Uri Address { get; private set; } = null!; // set by StartAsync

    public static async Task<OtlpReceiver> StartAsync(bool grpc)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(
            IPAddress.Loopback, 0, listen => listen.Protocols = grpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        var app = builder.Build();
        var receiver = new OtlpReceiver(app);
        app.Run(receiver.ReceiveAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        receiver.Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ReceiveAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        Authorizations.Enqueue(context.Request.Headers.Authorization.ToString());
        var path = context.Request.Path.Value!; // every request has one
        if (path.StartsWith("/opentelemetry.", StringComparison.Ordinal))
        {
            // A message in gRPC has a flag and its length in front.
            Take(path.Contains("TraceService", StringComparison.Ordinal), body.ToArray().AsSpan(5));
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[5], context.RequestAborted);
            context.Response.AppendTrailer("grpc-status", "0");
            return;
        }

        Assert.True(path is "/v1/traces" or "/v1/metrics", path);
        Take(path == "/v1/traces", body.ToArray());
        context.Response.ContentType = "application/x-protobuf";
    }

    private void Take(bool traces, ReadOnlySpan<byte> request)
    {
        foreach (var ofResource in Message.Parse(request).All(1))
        {
            Resource = Attributes(ofResource.One(1), field: 1);
            foreach (var item in ofResource.All(2).SelectMany(scope => scope.All(2)))
            {
                if (traces)
                {
                    Spans.Enqueue(SpanOf(item));
                }
                else
                {
                    Metrics[item.Text(1)] = item.Text(3);
                }
            }
        }
    }

    private static Span SpanOf(Message span) => new(
        Convert.ToHexStringLower(span.Bytes(1)),
        Convert.ToHexStringLower(span.Bytes(2)),
        Convert.ToHexStringLower(span.Bytes(4)),
        span.Text(5),
        (int)span.Number(6),
        span.Text(3),
        Attributes(span, field: 9),
        (int)(span.All(15).FirstOrDefault()?.Number(3) ?? 0));

    private static Dictionary<string, string> Attributes(Message owner, int field) => owner.All(field).ToDictionary(
        pair => pair.Text(1),
        pair => pair.One(2) is var value && value.Has(1) ? value.Text(1) : value.Number(3).ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>One span. Kind 2 is a server's, 3 a client's; status 2 is an error.</summary>
    internal sealed record Span(
        string TraceId, string SpanId, string ParentId, string Name, int Kind, string State, Dictionary<string, string> Attributes, int Status);

    /// <summary>A protobuf message, as far as its encoding tells.</summary>
    private sealed class Message
    {
        private readonly List<(int Field, ulong Number, byte[] Bytes)> _fields = [];

        public static Message Parse(ReadOnlySpan<byte> bytes)
        {
            var message = new Message();
            while (bytes.Length > 0)
            {
                var tag = Varint(ref bytes);
                var field = (int)(tag >> 3);
                switch (tag & 7)
                {
                    case 0:
                        message._fields.Add((field, Varint(ref bytes), []));
                        break;
                    case 1:
                        message._fields.Add((field, BinaryPrimitives.ReadUInt64LittleEndian(bytes), []));
                        bytes = bytes[8..];
                        break;
                    case 2:
                        var length = (int)Varint(ref bytes);
                        message._fields.Add((field, 0, bytes[..length].ToArray()));
                        bytes = bytes[length..];
                        break;
                    default:
                        message._fields.Add((field, BinaryPrimitives.ReadUInt32LittleEndian(bytes), []));
                        bytes = bytes[4..];
                        break;
                }
            }

            return message;
        }

        public bool Has(int field) => _fields.Exists(entry => entry.Field == field);

        public IEnumerable<Message> All(int field) => _fields.Where(entry => entry.Field == field).Select(entry => Parse(entry.Bytes)).ToList();

        public Message One(int field) => All(field).Single();

        public byte[] Bytes(int field) => _fields.Find(entry => entry.Field == field).Bytes ?? [];

        public string Text(int field) => Encoding.UTF8.GetString(Bytes(field));

        public ulong Number(int field) => _fields.Find(entry => entry.Field == field).Number;

        private static ulong Varint(ref ReadOnlySpan<byte> bytes)
        {
            var value = 0UL;
            for (var shift = 0; ; shift += 7)
            {
                var next = bytes[0];
                bytes = bytes[1..];
                value |= (ulong)(next & 0x7F) << shift;
                if (next < 0x80)
                {
                    return value;
                }
            }
        }
    }
}
