using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using EdgeProxy.Dataplane.Counting;
using EdgeProxy.Http.AccessLogs;
using EdgeProxy.Model;
using EdgeProxy.Transport.Tcp;

namespace EdgeProxy.Telemetry;

/// <summary>One line for every TCP connection and UDP flow that is over. Nothing in it was chosen by a client but numbers.</summary>
internal sealed class ConnectionLog(ConnectionLogFormat format, AccessLogWriter writer, SnapshotPublisher snapshots, TimeProvider time) : IConnectionLog
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _json;

    /// <inheritdoc />
    public void Write(in ConnectionEnd end)
    {
        if (!snapshots.Current.Http.LogsAccess)
        {
            return;
        }

        var buffer = _buffer ??= new ArrayBufferWriter<byte>(512);
        buffer.ResetWrittenCount();
        if (format == ConnectionLogFormat.Json)
        {
            WriteJson(buffer, end);
        }
        else
        {
            Encoding.UTF8.GetBytes(Stream(end), buffer);
        }

        buffer.Write("\n"u8);
        writer.Write(buffer.WrittenSpan);
    }

    /// <summary>
    /// <c>[$remote_addr] [$time_local] $protocol $status $bytes_sent $bytes_received $session_time</c>, then
    /// <c>$remote_port $server_addr:$server_port [service] $upstream_addr $upstream_connect_time</c>, reason and tries.
    /// </summary>
    private string Stream(in ConnectionEnd end) => string.Create(
        CultureInfo.InvariantCulture,
        $"[{end.Client.ToIPEndPoint().Address}] [{time.GetLocalNow():dd/MMM/yyyy:HH:mm:ss zzz}] {Protocol(end)} {StatusOf(end.Reason)} {end.BytesSent} {end.BytesReceived} {end.Duration.TotalSeconds:0.000} {end.Client.Port} {end.Frontend.Endpoint} [{end.Service?.ToString() ?? "-"}] {end.Endpoint?.ToString() ?? "-"} {end.ConnectTime?.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture) ?? "-"} {end.Reason.Word()} {end.Tries}");

    private void WriteJson(ArrayBufferWriter<byte> buffer, in ConnectionEnd end)
    {
        var json = _json ??= new Utf8JsonWriter(buffer);
        json.Reset(buffer);
        json.WriteStartObject();
        json.WriteString("time", time.GetUtcNow());
        json.WriteString("protocol", Protocol(end).ToLowerInvariant());
        json.WriteString("client", end.Client.ToString());
        json.WriteString("frontend", end.Frontend.Endpoint.ToString());
        json.WriteString("reason", end.Reason.Word());
        json.WriteNumber("bytesReceived", end.BytesReceived);
        json.WriteNumber("bytesSent", end.BytesSent);
        json.WriteNumber("seconds", Math.Round(end.Duration.TotalSeconds, 6));
        if (end.Service is { } service)
        {
            json.WriteString("service", service.ToString());
        }

        if (end.Endpoint is { } endpoint)
        {
            json.WriteString("endpoint", endpoint.ToString());
            json.WriteNumber("tries", end.Tries);
        }

        if (end.ConnectTime is { } connect)
        {
            json.WriteNumber("connectSeconds", Math.Round(connect.TotalSeconds, 6));
        }

        json.WriteEndObject();
        json.Flush();
    }

    private static string Protocol(in ConnectionEnd end) => end.Frontend.Protocol == TransportProtocol.Udp ? "UDP" : "TCP";

    /// <summary>nginx's $status of a stream session (ngx_stream_core_module).</summary>
    private static int StatusOf(CloseReason reason) => reason switch
    {
        CloseReason.Completed or CloseReason.ClientReset or CloseReason.IdleTimeout or CloseReason.Drained => 200,
        CloseReason.BadProxyHeader or CloseReason.ProxyHeaderTimeout => 400,
        CloseReason.Denied => 403,
        CloseReason.InternalError or CloseReason.TransparentNotPermitted => 500,
        CloseReason.ResourceExhausted => 503,
        _ => 502,
    };
}
