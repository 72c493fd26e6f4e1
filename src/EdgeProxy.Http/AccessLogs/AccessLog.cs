using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using EdgeProxy.Http.Reporting;
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
    public void Write(IServedRequest request, ResponseReason reason, int status, TimeSpan duration)
    {
        var settings = request.Snapshot.Http;
        if (!settings.LogsAccess || request.Route?.Policies?.IsUnlogged == true || settings.UnloggedPaths.Any(path => request.RawTarget.StartsWith(path, StringComparison.Ordinal)))
        {
            return;
        }

        var buffer = _buffer ??= new ArrayBufferWriter<byte>(1024);
        buffer.ResetWrittenCount();
        if (format == AccessLogFormat.Json)
        {
            WriteJson(buffer, request, reason, status, duration);
        }
        else
        {
            Encoding.UTF8.GetBytes(UpstreamInfo(request, reason, status, duration), buffer);
        }

        buffer.Write("\n"u8);
        writer.Write(buffer.WrittenSpan);
    }

    /// <summary>
    /// <c>$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time
    /// [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id</c>,
    /// then reason and tries.
    /// </summary>
    private string UpstreamInfo(IServedRequest request, ResponseReason reason, int status, TimeSpan duration)
    {
        var sent = request.BodyBytesSent;
        var upstream = request.Backend is { } backend && request.UpstreamStatus != 0;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{request.Client.AddressText} - - [{time.GetLocalNow():dd/MMM/yyyy:HH:mm:ss zzz}] \"{Quoted(request.Method)} {Quoted(request.RawTarget)} {Quoted(request.Protocol)}\" {status} {sent} \"{Quoted(request.Referer)}\" \"{Quoted(request.UserAgent)}\" {request.RequestBytes} {duration.TotalSeconds:0.000} [{UpstreamName(request)}] [] {request.Backend?.Address.ToString() ?? "-"} {(upstream ? sent : "-")} {(upstream ? request.UpstreamTime.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture) : "-")} {(upstream ? request.UpstreamStatus : "-")} {Quoted(request.RequestId)} {reason.Word()} {request.Tries}");
    }

    private void WriteJson(ArrayBufferWriter<byte> buffer, IServedRequest request, ResponseReason reason, int status, TimeSpan duration)
    {
        var json = _json ??= new Utf8JsonWriter(buffer, Relaxed);
        json.Reset(buffer);
        json.WriteStartObject();
        json.WriteString("time", time.GetUtcNow());
        json.WriteString("client", request.Client.AddressText);
        json.WriteString("scheme", request.Client.Scheme);
        json.WriteString("method", request.Method);
        json.WriteString("host", request.Host);
        json.WriteString("target", request.RawTarget);
        json.WriteString("protocol", request.Protocol);
        json.WriteNumber("status", status);
        json.WriteString("reason", reason.Word());
        json.WriteNumber("requestBytes", request.RequestBytes);
        json.WriteNumber("bodyBytesSent", request.BodyBytesSent);
        json.WriteNumber("seconds", Math.Round(duration.TotalSeconds, 6));
        WriteOptional(json, "referer", request.Referer);
        WriteOptional(json, "userAgent", request.UserAgent);
        WriteOptional(json, "requestId", request.RequestId);
        if (request.Route is { } route)
        {
            json.WriteString("ingress", route.Ingress.ToString());
            json.WriteString("routeHost", route.Host);
            json.WriteString("routePath", route.Path);
        }

        if (request.ServicePort is { } port)
        {
            json.WriteString("service", port.Name.ToString());
        }

        if (request.Backend is { } backend)
        {
            json.WriteString("endpoint", backend.Address.ToString());
            json.WriteNumber("tries", request.Tries);
        }

        if (request.UpstreamStatus != 0)
        {
            json.WriteNumber("upstreamStatus", request.UpstreamStatus);
            json.WriteNumber("upstreamSeconds", Math.Round(request.UpstreamTime.TotalSeconds, 6));
        }

        if (request.Span is { IsAllDataRequested: true } span)
        {
            json.WriteString("traceId", span.TraceId.ToHexString());
        }

        json.WriteNumber("generation", request.Snapshot.Generation);
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
    private static string UpstreamName(IServedRequest request) => request.ServicePort is { } port
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
