using System.Globalization;
using System.Text;

namespace EdgeProxy.Compare.Report;

/// <summary>Results as Markdown that also reads well on a terminal.</summary>
internal static class MarkdownReport
{
    private const string Nothing = "–";

    public static string Table(WorkloadResult result)
    {
        var text = new StringBuilder($"\n## {result.Id}: {result.Title}\n\n");
        text.Append(result.Baseline is null ? "Median (min–max).\n\n" : $"Median (min–max), × {result.Baseline}.\n\n");
        var lines = new List<string[]> { Header(result), };
        lines.AddRange(result.Rows.Where(row => row.Samples.Count > 0).Select(row => Cells(result, row)));
        var widths = Enumerable.Range(0, lines[0].Length).Select(column => lines.Max(line => line[column].Length)).ToArray();
        AppendLine(text, lines[0], widths);
        AppendLine(text, [.. widths.Select((width, column) => column == 0 ? new string('-', width) : new string('-', width - 1) + ":")], widths);
        lines.Skip(1).ToList().ForEach(line => AppendLine(text, line, widths));
        var failures = result.Rows.Where(row => row.Failure is not null).Select(row => $"{row.Name}: {row.Failure}");
        return text.Append(string.Concat(result.Notes.Concat(failures).Select(note => $"\n{note}\n"))).ToString();
    }

    /// <summary>Three significant digits, thousands grouped.</summary>
    public static string Number(double value)
    {
        if (value == 0)
        {
            return "0";
        }

        var digits = Math.Max(0, 2 - (int)Math.Floor(Math.Log10(Math.Abs(value))));
        return value.ToString("N" + Math.Min(digits, 6).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }

    private static string[] Header(WorkloadResult result) =>
        ["candidate", .. result.Metrics.Select(metric => $"{metric.Name}, {metric.Unit}"), "samples"];

    private static string[] Cells(WorkloadResult result, ResultRow row) =>
        [row.Name, .. result.Metrics.Select((_, metric) => Cell(row.Summarize(metric), result.Ratio(row, metric))), Samples(row)];

    private static string Cell(Summary? summary, double? ratio)
    {
        if (summary is null)
        {
            return Nothing;
        }

        var range = summary.Min == summary.Max ? "" : $" ({Number(summary.Min)}–{Number(summary.Max)})";
        return Number(summary.Median) + range + (ratio is { } value ? $" ×{value.ToString("0.00", CultureInfo.InvariantCulture)}" : "");
    }

    private static string Samples(ResultRow row)
    {
        var noisy = row.Samples.Count(sample => sample.IsNoisy);
        var errors = row.Samples.Sum(sample => sample.Errors);
        return row.Samples.Count.ToString(CultureInfo.InvariantCulture)
            + (noisy > 0 ? $", {noisy} noisy" : "")
            + (errors > 0 ? $", {errors} errors" : "");
    }

    private static void AppendLine(StringBuilder text, string[] cells, int[] widths) => text
        .Append("| ")
        .AppendJoin(" | ", cells.Select((cell, column) => column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column])))
        .Append(" |\n");
}
