using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeProxy.Http.FastLane;

/// <summary>
/// Makes of a request in the fast lane, when it is over and somebody wants to read of it, what the log knows how to write. Its head is still
/// there, in the form the endpoint got.
/// </summary>
internal sealed class LaneLog
{
    private readonly Exchange _exchange = new();

    /// <summary>The request as the log wants it; valid until <see cref="Forget"/>.</summary>
    public Exchange Describe(LaneRequest request)
    {
        var (line, headers) = Read(request.SentHead);
        var parts = line.Split(' ');
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(new HttpRequestFeature { Method = parts[0], RawTarget = parts[1], Protocol = parts[2], Headers = headers });
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        features.Set(request.Client);
        _exchange.Begin(features, request.StartedAt);
        _exchange.Snapshot = request.Snapshot;
        _exchange.Route = request.Route;
        _exchange.ServicePort = request.ServicePort;
        _exchange.Backend = request.Backend;
        _exchange.Tries = request.Tries;
        _exchange.UpstreamStatus = request.UpstreamStatus;
        _exchange.UpstreamTime = request.UpstreamTime;
        _exchange.BodyBytesSent = request.BodyBytesSent;
        return _exchange;
    }

    /// <summary>Lets go of it.</summary>
    public void Forget() => _exchange.End();

    private static (string Line, HeaderDictionary Headers) Read(ReadOnlySpan<byte> head)
    {
        var lines = Encoding.Latin1.GetString(head).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = new HeaderDictionary();
        foreach (var line in lines.AsSpan(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers.Append(line[..colon], line[(colon + 1)..].Trim(' ', '\t'));
        }

        return (lines[0], headers);
    }
}
