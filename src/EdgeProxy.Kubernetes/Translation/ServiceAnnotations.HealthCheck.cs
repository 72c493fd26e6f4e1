using System.Globalization;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Model.Health;

namespace EdgeProxy.Kubernetes.Translation;

/// <content><c>health-check</c> says that there are checks, the others how they are made; they may stand in any order.</content>
internal sealed partial class ServiceAnnotations
{
    private const int MostInARow = 100;

    private HealthCheck _healthCheck = new();
    private bool _checksHealth;

    /// <summary>health-check, and health-check-… with it; null without it.</summary>
    public HealthCheck? HealthCheck => _checksHealth ? _healthCheck : null;

    private void ReadHealthCheck(string name, string value, string field)
    {
        switch (name)
        {
            case "health-check" when value is "tcp" || IsPath(value):
                _checksHealth = true;
                _healthCheck = _healthCheck with { HttpPath = value is "tcp" ? null : value["http:".Length..] };
                break;

            case "health-check":
                Report(field, value, "must be tcp or http:/PATH; endpoints are not checked");
                break;

            case "health-check-interval":
                _healthCheck = _healthCheck with { Interval = ReadDuration(DurationRule.CheckInterval, value, field) ?? _healthCheck.Interval };
                break;

            case "health-check-timeout":
                _healthCheck = _healthCheck with { Timeout = ReadDuration(DurationRule.CheckTimeout, value, field) ?? _healthCheck.Timeout };
                break;

            case "health-check-rise":
                _healthCheck = _healthCheck with { Rise = ReadCount(value, field) ?? _healthCheck.Rise };
                break;

            case "health-check-fall":
                _healthCheck = _healthCheck with { Fall = ReadCount(value, field) ?? _healthCheck.Fall };
                break;
        }
    }

    private void ReportLoneHealthCheckDetails()
    {
        if (!_checksHealth && _healthCheck != new HealthCheck())
        {
            _problems.Warning(_service, "metadata.annotations", $"without {Prefix}health-check the other annotations of that name have no effect", ProblemReason.AnnotationIgnored);
        }
    }

    // Written into the request line as it is.
    private static bool IsPath(string value) =>
        value.StartsWith("http:/", StringComparison.Ordinal) && !value.AsSpan().ContainsAnyExceptInRange('!', '~');

    private int? ReadCount(string value, string field)
    {
        if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= MostInARow)
        {
            return count;
        }

        Report(field, value, $"must be a whole number from 1 to {MostInARow}; taken as absent");
        return null;
    }
}
