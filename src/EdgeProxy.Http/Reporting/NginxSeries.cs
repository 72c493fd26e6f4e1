using EdgeProxy.Model.Metrics;

namespace EdgeProxy.Http.Reporting;

/// <summary>What ingress-nginx counts for one set of labels.</summary>
public sealed class NginxSeries
{
    /// <summary><c>request_duration_seconds</c>; its count is <c>requests</c>.</summary>
    public Histogram Durations { get; } = new(HistogramShape.Requests, isShared: false);

    /// <summary><c>response_duration_seconds</c>: to the head of the endpoint's answer.</summary>
    public Histogram UpstreamTimes { get; } = new(HistogramShape.Requests, isShared: false);

    /// <summary><c>request_size</c>.</summary>
    public Histogram RequestSizes { get; } = new(HistogramShape.Sizes, isShared: false);

    /// <summary><c>response_size</c>.</summary>
    public Histogram ResponseSizes { get; } = new(HistogramShape.Sizes, isShared: false);
}
