using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Testing;

/// <summary>Keeps what is logged, of every category and level, and lets a test wait for a line.</summary>
public sealed class RecordingLoggerFactory : ILoggerFactory
{
    private readonly ConcurrentQueue<LogLine> _lines = new();
    private readonly SemaphoreSlim _arrived = new(0);

    /// <summary>Everything so far, oldest first.</summary>
    public IReadOnlyCollection<LogLine> Lines => _lines;

    /// <inheritdoc />
    public ILogger CreateLogger(string categoryName) => new Recorder(this, categoryName);

    /// <inheritdoc />
    public void AddProvider(ILoggerProvider provider)
    {
        // It records; there is nobody to pass lines on to.
    }

    /// <summary>The first line that fits, now or later.</summary>
    public async Task<LogLine> WaitForAsync(Func<LogLine, bool> wanted, CancellationToken cancellationToken)
    {
        while (true)
        {
            foreach (var line in _lines)
            {
                if (wanted(line))
                {
                    return line;
                }
            }

            await _arrived.WaitAsync(cancellationToken);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _arrived.Dispose();

    private void Add(LogLine line)
    {
        _lines.Enqueue(line);
        try
        {
            _arrived.Release();
        }
        catch (ObjectDisposedException)
        {
            // A server that stops late may still log.
        }
    }

    private sealed class Recorder(RecordingLoggerFactory owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var fields = state as IReadOnlyList<KeyValuePair<string, object?>> ?? [];
            owner.Add(new LogLine(category, logLevel, eventId.Id, formatter(state, exception), fields.ToDictionary(f => f.Key, f => f.Value), exception));
        }
    }
}

/// <summary>One logged line.</summary>
public sealed record LogLine(
    string Category, LogLevel Level, int EventId, string Text, IReadOnlyDictionary<string, object?> Fields, Exception? Exception)
{
    /// <summary>A field as text; empty when it is not there.</summary>
    public string Field(string name) => Fields.GetValueOrDefault(name)?.ToString() ?? "";
}
