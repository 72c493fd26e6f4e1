using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace EdgeProxy.Commands;

/// <summary>Rates as two tables, Services and routes.</summary>
internal static class TopTable
{
    /// <summary>Makes them.</summary>
    public static IRenderable Of(TrafficRates rates)
    {
        var rows = new List<IRenderable>();
        if (rates.Services.Length > 0)
        {
            rows.Add(Table("SERVICE", rates.Services));
        }

        if (rates.Routes.Length > 0)
        {
            rows.Add(Table("ROUTE", rates.Routes));
        }

        return rows.Count == 0 ? new Text("Nothing has passed yet.") : new Rows(rows);
    }

    private static Table Table(string name, IEnumerable<TrafficRate> rates)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = true };
        table.AddColumn(new TableColumn(new Text(name, new Style(decoration: Decoration.Bold))));
        foreach (var header in (string[])["REQ/S", "CONN/S", "OPEN", "IN/S", "OUT/S", "ERR/S", "LATENCY"])
        {
            table.AddColumn(new TableColumn(new Text(header, new Style(decoration: Decoration.Bold))) { Alignment = Justify.Right, NoWrap = true });
        }

        foreach (var rate in rates)
        {
            var error = rate.ErrorsPerSecond > 0 ? new Style(Color.Red) : Style.Plain;
            table.AddRow(
                new Text(Printable(rate.Name)).Overflow(Overflow.Ellipsis),
                new Text(Number(rate.RequestsPerSecond)),
                new Text(Number(rate.ConnectionsPerSecond)),
                new Text(rate.Open?.ToString(CultureInfo.InvariantCulture) ?? "-"),
                new Text(Bytes(rate.BytesReceivedPerSecond)),
                new Text(Bytes(rate.BytesSentPerSecond)),
                new Text(Number(rate.ErrorsPerSecond), error),
                new Text(rate.MeanMilliseconds is { } mean ? $"{Number(mean)} ms" : "-"));
        }

        return table;
    }

    /// <summary>A path is text of somebody else; it must not speak to the terminal.</summary>
    private static string Printable(string name) => string.Create(name.Length, name, static (span, text) =>
    {
        for (var i = 0; i < span.Length; i++)
        {
            span[i] = char.IsControl(text[i]) ? '?' : text[i];
        }
    });

    private static string Number(double? value) => value switch
    {
        null => "-",
        0 => "0",
        < 100 => value.Value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("0", CultureInfo.InvariantCulture),
    };

    private static string Bytes(double value)
    {
        string[] units = ["B", "kB", "MB", "GB"];
        var unit = 0;
        while (value >= 1000 && unit < units.Length - 1)
        {
            value /= 1000;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value.ToString(unit == 0 || value >= 100 ? "0" : "0.0", CultureInfo.InvariantCulture)} {units[unit]}");
    }
}
