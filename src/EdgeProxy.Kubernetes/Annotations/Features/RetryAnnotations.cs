using System.Collections.Immutable;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>Retries.</summary>
internal sealed class RetryAnnotations : AnnotationFeature
{
    /// <inheritdoc />
    public override string Title => "Retries";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("proxy-next-upstream", "error timeout; also invalid_header, http_403, 404, 429, 500, 502, 503, 504, non_idempotent, off", "conditions under which another endpoint is tried; POST, PATCH, LOCK only while nothing was sent") { Support = AnnotationSupport.Differs, Note = "requests with a body are sent again only while none of it was sent, or with proxy-request-buffering: on", HasConfigKey = true },
        new("proxy-next-upstream-tries", "int, 3 (0 = no limit)", "attempts in total") { Support = AnnotationSupport.Differs, Note = "at most 4 endpoints are tried", HasConfigKey = true },
        new("proxy-next-upstream-timeout", "s, 0", "time for all attempts") { HasConfigKey = true },
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
        var policy = new RetryPolicy
        {
            Conditions = WithConfiguration(reader, Conditions(reader) ?? RetryPolicy.Default.Conditions),
            Tries = reader.Integer("proxy-next-upstream-tries", 0, int.MaxValue) ?? RetryPolicy.DefaultTries,
            Timeout = reader.Seconds("proxy-next-upstream-timeout") ?? TimeSpan.Zero,
        };
        if (policy != RetryPolicy.Default)
        {
            reader.Forwarding = reader.Forwarding with { Retry = policy };
        }
    }

    private static RetryConditions WithConfiguration(AnnotationReader reader, RetryConditions conditions) =>
        conditions != RetryConditions.None && GoBoolean.TryParse(reader.ConfigurationText("retry-non-idempotent") ?? "", out var retries) && retries
            ? conditions | RetryConditions.NonIdempotent
            : conditions;

    private static RetryConditions? Conditions(AnnotationReader reader)
    {
        if (reader.Text("proxy-next-upstream") is not { } text)
        {
            return null;
        }

        var conditions = RetryConditions.None;
        var isOff = false;
        foreach (var word in text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            var condition = word switch
            {
                "off" => RetryConditions.None,
                "error" => RetryConditions.Error,
                "timeout" => RetryConditions.Timeout,
                "invalid_header" => RetryConditions.InvalidHeader,
                "non_idempotent" => RetryConditions.NonIdempotent,
                "http_403" => RetryConditions.Http403,
                "http_404" => RetryConditions.Http404,
                "http_429" => RetryConditions.Http429,
                "http_500" => RetryConditions.Http500,
                "http_502" => RetryConditions.Http502,
                "http_503" => RetryConditions.Http503,
                "http_504" => RetryConditions.Http504,
                _ => RetryConditions.Never,
            };
            if (condition == RetryConditions.Never)
            {
                reader.Invalid("proxy-next-upstream", word, "must be error, timeout, invalid_header, http_ and 403, 404, 429, 500, 502, 503 or 504, non_idempotent, or off");
                return null;
            }

            conditions |= condition;
            isOff |= condition == RetryConditions.None;
        }

        return isOff ? RetryConditions.None : conditions;
    }
}
