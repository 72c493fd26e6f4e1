using System.Globalization;

namespace EdgeProxy.Compare.Load;

/// <summary>What a load generator did since it was asked last; one line of text between two processes.</summary>
/// <param name="Units">Answers, connections, datagrams, handshakes, or bytes.</param>
/// <param name="Errors">Connections that broke, wrong answers and lost datagrams.</param>
/// <param name="Seconds">Since it was asked last.</param>
/// <param name="P50">Median latency in microseconds; 0 for bulk.</param>
/// <param name="P99">99th percentile in microseconds; 0 for bulk.</param>
/// <param name="Open">Connections that are open and were answered at least once.</param>
internal sealed record LoadReading(long Units, long Errors, double Seconds, double P50, double P99, int Open)
{
    public static LoadReading Parse(string line)
    {
        var fields = line.Split(' ');
        return new LoadReading(
            long.Parse(fields[0], CultureInfo.InvariantCulture),
            long.Parse(fields[1], CultureInfo.InvariantCulture),
            double.Parse(fields[2], CultureInfo.InvariantCulture),
            double.Parse(fields[3], CultureInfo.InvariantCulture),
            double.Parse(fields[4], CultureInfo.InvariantCulture),
            int.Parse(fields[5], CultureInfo.InvariantCulture));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Units} {Errors} {Seconds:R} {P50:R} {P99:R} {Open}");
}
