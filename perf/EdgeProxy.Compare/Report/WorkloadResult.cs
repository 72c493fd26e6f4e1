namespace EdgeProxy.Compare.Report;

/// <summary>One column: what is measured, and in which unit.</summary>
internal sealed record Metric(string Name, string Unit);

/// <summary>What one measurement gave, one value a metric; null where there is nothing to measure.</summary>
internal sealed record Sample(IReadOnlyList<double?> Values)
{
    /// <summary>Cores that processes outside of the measurement used meanwhile, and a hypervisor took.</summary>
    public double ForeignCores { get; init; }

    /// <summary>True when that was too much, also after repeating.</summary>
    public bool IsNoisy { get; init; }

    /// <summary>Broken connections, wrong answers and lost datagrams.</summary>
    public long Errors { get; init; }
}

/// <summary>Median and range of one metric.</summary>
internal sealed record Summary(double Median, double Min, double Max);

/// <summary>All samples of one candidate.</summary>
internal sealed record ResultRow(string Name)
{
    public List<Sample> Samples { get; } = [];

    /// <summary>Why there are no samples, or no more of them.</summary>
    public string? Failure { get; set; }

    public void Add(Sample sample)
    {
        Samples.Add(sample);
        var values = sample.Values.Select(value => value is { } number ? MarkdownReport.Number(number) : "-");
        Console.Error.WriteLine($"  {Name}: {string.Join("  ", values)}");
    }

    /// <summary>Does something for this row. Who fails is out of the workload; the others go on.</summary>
    public async Task AttemptAsync(Func<Task> action)
    {
        if (Failure is not null)
        {
            return;
        }

        try
        {
            await action();
        }
        catch (InvalidOperationException error)
        {
            Failure = error.Message;
            await Console.Error.WriteLineAsync($"  {Name}: {error.Message}");
        }
    }

    /// <summary>Over the quiet samples, or over the noisy ones when there are no others; null without a value.</summary>
    public Summary? Summarize(int metric)
    {
        var counted = Samples.Any(sample => !sample.IsNoisy) ? Samples.Where(sample => !sample.IsNoisy) : Samples;
        var values = counted.Select(sample => sample.Values[metric]).OfType<double>().Order().ToArray();
        if (values.Length == 0)
        {
            return null;
        }

        var middle = values.Length / 2;
        var median = values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
        return new Summary(median, values[0], values[^1]);
    }
}

/// <summary>One table.</summary>
/// <param name="Id">T1a, U2 …</param>
/// <param name="Title">What happens, in a line.</param>
/// <param name="Baseline">The row all others are divided by.</param>
/// <param name="Metrics">The columns.</param>
internal sealed record WorkloadResult(string Id, string Title, string? Baseline, IReadOnlyList<Metric> Metrics)
{
    public List<ResultRow> Rows { get; } = [];

    public List<string> Notes { get; } = [];

    public ResultRow AddRow(string name)
    {
        var row = new ResultRow(name);
        Rows.Add(row);
        return row;
    }

    /// <summary>Median of a row divided by the baseline's of the same run; null when either is missing.</summary>
    public double? Ratio(ResultRow row, int metric)
    {
        var baseline = Rows.Find(other => other.Name == Baseline)?.Summarize(metric)?.Median;
        return baseline is > 0 && row.Summarize(metric) is { } summary ? summary.Median / baseline : null;
    }
}
