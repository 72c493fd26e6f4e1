using EdgeProxy.Model.Metrics;

namespace EdgeProxy.Http.Reporting;

/// <summary>What HTTP counted since start. Any thread may read; the numbers may be a moment apart.</summary>
public sealed class HttpMetrics
{
    // 14 buckets and three lines more each: 1,088 lines of a scrape.
    private const int SetsWithoutDetail = 64;
    private const int SetsWithDetail = 5_000;
    private const int NginxSets = 1_000;
    private const int TrySets = 24;
    private const int FirstServerError = 500;

    private readonly MetricsDetail _detail;
    private readonly StripedCounter[] _active = [new(), new()];
    private readonly StripedCounter[] _accepted = [new(), new()];
    private readonly StripedCounter[] _connections = [new(), new()];
    private readonly StripedCounter[] _reasons = [.. Enum.GetValues<ResponseReason>().Select(_ => new StripedCounter())];
    private readonly StripedCounter _retries = new();
    private readonly StripedCounter _errors = new();
    private readonly StripedCounter _received = new();
    private readonly StripedCounter _sent = new();
    private readonly StripedCounter _ejections = new();

    /// <summary>Counts nothing yet.</summary>
    public HttpMetrics(MetricsDetail detail, bool forNginxBoards)
    {
        _detail = detail;
        var isSmall = detail == MetricsDetail.None;
        Requests = new LabelledHistograms<RequestLabels>(
            HistogramShape.Requests, isSmall ? SetsWithoutDetail : SetsWithDetail, RequestLabels.Overflow, static labels => labels.Tags(), isShared: isSmall);
        Upstream = new LabelledHistograms<RequestLabels>(HistogramShape.Requests, TrySets, RequestLabels.Overflow, static labels => labels.TryTags());
        Nginx = forNginxBoards ? new(NginxSets, NginxLabels.Overflow, static _ => new NginxSeries()) : null;
    }

    /// <summary>Requests that are over.</summary>
    public LabelledHistograms<RequestLabels> Requests { get; }

    /// <summary>Tries of endpoints that are over.</summary>
    public LabelledHistograms<RequestLabels> Upstream { get; }

    /// <summary>The same requests as ingress-nginx counts them; null: not asked for.</summary>
    public LabelledSeries<NginxLabels, NginxSeries>? Nginx { get; }

    /// <summary>Requests with a 5xx, or an answer that broke off.</summary>
    public long Errors => _errors.Value;

    /// <summary>Tries after the first.</summary>
    public long Retries => _retries.Value;

    /// <summary>Bytes of requests' bodies.</summary>
    public long BytesReceived => _received.Value;

    /// <summary>Bytes of answers' bodies.</summary>
    public long BytesSent => _sent.Value;

    /// <summary>How often an endpoint was ejected for what befell requests.</summary>
    public long Ejections => _ejections.Value;

    /// <summary>Requests that ended so.</summary>
    public long Ended(ResponseReason reason) => _reasons[(int)reason].Value;

    /// <summary>Requests being served now.</summary>
    public long Active(bool https) => Of(_active, https).Value;

    /// <summary>Connections accepted.</summary>
    public long Accepted(bool https) => Of(_accepted, https).Value;

    /// <summary>Connections open now.</summary>
    public long Connections(bool https) => Of(_connections, https).Value;

    internal void ConnectionAccepted(bool https)
    {
        Of(_accepted, https).Add(1);
        Of(_connections, https).Add(1);
    }

    internal void ConnectionClosed(bool https) => Of(_connections, https).Add(-1);

    internal void RequestBegan(bool https) => Of(_active, https).Add(1);

    /// <summary>A request is over.</summary>
    internal void RequestEnded(IServedRequest request, ResponseReason reason, int status, TimeSpan duration)
    {
        Of(_active, request.Client.IsHttps).Add(-1);
        var labels = RequestLabels.Of(request.Method, status, request.Protocol, request.Client.IsHttps, reason, _detail, request.Route);
        Requests.For(labels).Record(duration);
        _reasons[(int)reason].Add(1);
        AddIfAny(_received, request.RequestBytes);
        AddIfAny(_sent, request.BodyBytesSent);
        AddIfAny(_retries, request.Tries - 1);
        var isError = status >= FirstServerError || (reason.IsError() && reason.Status() >= FirstServerError);
        AddIfAny(_errors, isError ? 1 : 0);
        request.Route?.Traffic.CountRequest(isError, duration, request.RequestBytes, request.BodyBytesSent);
        request.ServicePort?.State.Traffic.CountRequest(isError, duration, request.RequestBytes, request.BodyBytesSent);
        if (Nginx is { } nginx)
        {
            var series = nginx.For(NginxLabels.Of(request, labels));
            series.Durations.Record(duration);
            series.RequestSizes.Record(request.RequestBytes);
            series.ResponseSizes.Record(request.BodyBytesSent);
            if (request.UpstreamStatus != 0)
            {
                series.UpstreamTimes.Record(request.UpstreamTime);
            }
        }
    }

    /// <summary>A try of an endpoint is over. <paramref name="status"/> is 0 where no answer began.</summary>
    internal void Tried(string method, int status, ResponseReason reason, TimeSpan duration) =>
        Upstream.For(RequestLabels.OfTry(method, status, reason)).Record(duration);

    internal void Ejected() => _ejections.Add(1);

    private static StripedCounter Of(StripedCounter[] counters, bool https) => counters[https ? 1 : 0];

    private static void AddIfAny(StripedCounter counter, long value)
    {
        if (value > 0)
        {
            counter.Add(value);
        }
    }
}
