using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Http.AccessLogs;

/// <summary>One line for every request that is over. What an attacker sends cannot make two lines of one, nor end a field early.</summary>
/// <remarks>The query is part of the line, as in every access log: keep credentials out of it, or the log out of sight.</remarks>
internal sealed class AccessLog(AccessLogFormat format, AccessLogWriter writer, TimeProvider time)
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _json;

    /// <summary>Opens the access log; null when there is none.</summary>
    public static AccessLog? Open(AccessLogFormat format, Stream output, ILogger logger, TimeProvider time, out AccessLogWriter? writer)
    {
        writer = format == AccessLogFormat.Off ? null : new AccessLogWriter(output, logger);
        return writer is null ? null : new AccessLog(format, writer, time);
    }

    /// <summary>Writes the line of a request.</summary>
    public void Write(Exchange exchange, ResponseReason reason, int status)
    {
        var settings = exchange.Snapshot.Http;
        if (!settings.LogsAccess || exchange.Route?.Policies?.IsUnlogged == true || settings.UnloggedPaths.Any(path => exchange.RawTarget.StartsWith(path, StringComparison.Ordinal)))
        {
            return;
        }

        var buffer = _buffer ??= new ArrayBufferWriter<byte>(1024);
        buffer.ResetWrittenCount();
        var duration = time.GetElapsedTime(exchange.StartedAt);
        if (format == AccessLogFormat.Json)
        {
            WriteJson(buffer, exchange, reason, status, duration);
        }
        else
        {
            Encoding.UTF8.GetBytes(UpstreamInfo(exchange, reason, status, duration), buffer);
        }

        buffer.Write("\n"u8);
        writer.Write(buffer.WrittenSpan);
    }

    /// <summary>
    /// <c>$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time
    /// [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id</c>,
    /// then reason and tries.
    /// </summary>
    private string UpstreamInfo(Exchange exchange, ResponseReason reason, int status, TimeSpan duration)
    {
        var request = exchange.Http.Request;
        var sent = exchange.BodyBytesSent;
        var upstream = exchange.Backend is { } backend && exchange.UpstreamStatus != 0;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{exchange.Client.AddressText} - - [{time.GetLocalNow():dd/MMM/yyyy:HH:mm:ss zzz}] \"{Quoted(request.Method)} {Quoted(exchange.RawTarget)} {Quoted(request.Protocol)}\" {status} {sent} \"{Quoted(request.Headers.Referer.ToString())}\" \"{Quoted(request.Headers.UserAgent.ToString())}\" {request.ContentLength ?? 0} {duration.TotalSeconds:0.000} [{UpstreamName(exchange)}] [] {exchange.Backend?.Address.ToString() ?? "-"} {(upstream ? sent : "-")} {(upstream ? exchange.UpstreamTime.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture) : "-")} {(upstream ? exchange.UpstreamStatus : "-")} {Quoted(exchange.RequestId)} {reason.Word()} {exchange.Tries}");
    }

    private void WriteJson(ArrayBufferWriter<byte> buffer, Exchange exchange, ResponseReason reason, int status, TimeSpan duration)
    {
        var request = exchange.Http.Request;
        var json = _json ??= new Utf8JsonWriter(buffer, Relaxed);
        json.Reset(buffer);
        json.WriteStartObject();
        json.WriteString("time", time.GetUtcNow());
        json.WriteString("client", exchange.Client.AddressText);
        json.WriteString("scheme", exchange.Client.Scheme);
        json.WriteString("method", request.Method);
        json.WriteString("host", request.Headers.Host.ToString());
        json.WriteString("target", exchange.RawTarget);
        json.WriteString("protocol", request.Protocol);
        json.WriteNumber("status", status);
        json.WriteString("reason", reason.Word());
        json.WriteNumber("requestBytes", request.ContentLength ?? 0);
        json.WriteNumber("bodyBytesSent", exchange.BodyBytesSent);
        json.WriteNumber("seconds", Math.Round(duration.TotalSeconds, 6));
        WriteOptional(json, "referer", request.Headers.Referer.ToString());
        WriteOptional(json, "userAgent", request.Headers.UserAgent.ToString());
        WriteOptional(json, "requestId", exchange.RequestId);
        if (exchange.Route is { } route)
        {
            json.WriteString("ingress", route.Ingress.ToString());
            json.WriteString("routeHost", route.Host);
            json.WriteString("routePath", route.Path);
        }

        if (exchange.ServicePort is { } port)
        {
            json.WriteString("service", port.Name.ToString());
        }

        if (exchange.Backend is { } backend)
        {
            json.WriteString("endpoint", backend.Address.ToString());
            json.WriteNumber("tries", exchange.Tries);
        }

        if (exchange.UpstreamStatus != 0)
        {
            json.WriteNumber("upstreamStatus", exchange.UpstreamStatus);
            json.WriteNumber("upstreamSeconds", Math.Round(exchange.UpstreamTime.TotalSeconds, 6));
        }

        json.WriteNumber("generation", exchange.Snapshot.Generation);
        json.WriteEndObject();
        json.Flush();
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, string value)
    {
        if (value.Length > 0)
        {
            json.WriteString(name, value);
        }
    }

    /// <summary>ingress-nginx's name of an upstream: namespace-service-port.</summary>
    private static string UpstreamName(Exchange exchange) => exchange.ServicePort is { } port
        ? string.Create(CultureInfo.InvariantCulture, $"{port.Name.Service.Namespace}-{port.Name.Service.Name}-{port.Config.Port}")
        : "-";

    /// <summary>nginx's default escaping: what could end the field or the line, and what is not ASCII, as <c>\xXX</c>. Empty is a dash.</summary>
    private static string Quoted(string text)
    {
        if (text.Length == 0)
        {
            return "-";
        }

        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~') && !text.AsSpan().ContainsAny('"', '\\'))
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            if (c is >= ' ' and <= '~' and not '"' and not '\\')
            {
                escaped.Append(c);
            }
            else
            {
                escaped.Append(CultureInfo.InvariantCulture, $"\\x{(c > 0xFF ? '?' : (int)c):X2}");
            }
        }

        return escaped.ToString();
    }
}
