using System.Buffers;
using System.Globalization;

namespace EdgeProxy.Kubernetes.Translation;

/// <summary>Durations as Go writes them and Kubernetes users know them: <c>500ms</c>, <c>30s</c>, <c>1h30m</c>, <c>1.5s</c>.</summary>
public static class GoDuration
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    /// <summary>
    /// Reads what Go's time.ParseDuration reads, without a sign: no timeout is negative. A number alone is in seconds, the unit of the
    /// ingress-nginx annotations and of most flags.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = default;
        if (TryParseNumber(text, out var seconds))
        {
            return TryRound(seconds * TimeSpan.TicksPerSecond, out duration);
        }

        var ticks = 0.0;
        while (!text.IsEmpty)
        {
            var digits = text.IndexOfAnyExcept(NumberCharacters);
            if (digits < 0 || !TryParseNumber(text[..digits], out var number))
            {
                return false;
            }

            text = text[digits..];
            var next = text.IndexOfAny(NumberCharacters);
            var unit = next < 0 ? text : text[..next];
            if (TicksOf(unit) is not { } perUnit)
            {
                return false;
            }

            ticks += number * perUnit;
            text = text[unit.Length..];
            if (text.IsEmpty)
            {
                return TryRound(ticks, out duration);
            }
        }

        return false;
    }

    /// <summary>Writes a duration in the largest unit it is a whole number of; milliseconds are the finest.</summary>
    public static string Format(TimeSpan duration)
    {
        var (ticks, unit) = duration.Ticks switch
        {
            0 => (TimeSpan.TicksPerSecond, "s"),
            var all when all % TimeSpan.TicksPerHour == 0 => (TimeSpan.TicksPerHour, "h"),
            var all when all % TimeSpan.TicksPerMinute == 0 => (TimeSpan.TicksPerMinute, "m"),
            var all when all % TimeSpan.TicksPerSecond == 0 => (TimeSpan.TicksPerSecond, "s"),
            _ => (TimeSpan.TicksPerMillisecond, "ms"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{duration.Ticks / ticks}{unit}");
    }

    private static double? TicksOf(ReadOnlySpan<char> unit) => unit switch
    {
        "h" => TimeSpan.TicksPerHour,
        "m" => TimeSpan.TicksPerMinute,
        "s" => TimeSpan.TicksPerSecond,
        "ms" => TimeSpan.TicksPerMillisecond,
        "us" or "µs" or "μs" => TimeSpan.TicksPerMicrosecond,
        "ns" => TimeSpan.TicksPerMicrosecond / 1000.0,
        _ => null,
    };

    private static bool TryParseNumber(ReadOnlySpan<char> text, out double number) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);

    private static bool TryRound(double ticks, out TimeSpan duration)
    {
        var fits = ticks < long.MaxValue;
        duration = fits ? TimeSpan.FromTicks((long)Math.Round(ticks)) : default;
        return fits;
    }
}
