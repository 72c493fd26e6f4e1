using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Text.Json;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Api.Watching;

/// <summary>
/// Follows all objects of one kind and scope: lists them, then watches from there on. Whatever breaks, what was handed over stays true until the
/// server says otherwise: a watch goes on from the last version seen, and when that is too old (410) the new list is compared with the
/// old one, so that only differences are handed over, deletions among them. (client-go's Reflector, in its outline.)
/// </summary>
internal sealed class ListWatch<T>(
    ApiClient client, WatchedKind<T> kind, WatchScope scope, WatchOptions options, IWatchSink<T> sink, TimeProvider time)
    where T : KubernetesObject
{
    /// <summary>kubectl keeps a copy of the whole object in it.</summary>
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";
    private const string InitialEventsEnd = "k8s.io/initial-events-end";
    private static readonly TimeSpan WatchGrace = TimeSpan.FromSeconds(30);

    private readonly Backoff _backoff = new(options.FirstDelay, options.LongestDelay);
    private readonly List<WatchChange<T>> _changes = [];

    // What was handed over, by the version it had then.
    private Dictionary<NamespacedName, string> _versions = [];
    private bool _streams = options.Streams;
    private bool _pages = true;
    private bool _isToldToWait;
    private string? _version; // to watch from; null: list first

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                if (await TurnAsync(cancellationToken) is { } delay)
                {
                    await PauseAsync(delay, cancellationToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The process is stopping.
        }
    }

    /// <summary>One list, if there is none to go on from, and one watch. Returns how long to wait before the next.</summary>
    private async Task<TimeSpan?> TurnAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        try
        {
            if (_version is null && !_streams && !await ListAsync(cancellationToken))
            {
                return _backoff.Next();
            }

            if (!await WatchAsync(cancellationToken))
            {
                return null;
            }

            if (time.GetElapsedTime(started) < options.ShortestWatch)
            {
                return _backoff.Next();
            }

            _backoff.Reset();
            return null;
        }
        catch (ApiException error)
        {
            _isToldToWait = error.RetryAfter is not null;
            sink.Failed(error);
            return _backoff.Next(error.RetryAfter);
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            // The connection broke in the middle of an answer. Whether that means anything, the next try will show.
            return _backoff.Next();
        }
    }

    private async Task PauseAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        if (_isToldToWait)
        {
            _isToldToWait = false;
            await Task.Delay(delay, time, cancellationToken);
            return;
        }

        try
        {
            await sink.Reached.WaitAsync(delay, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // As planned.
        }
    }

    /// <summary>Lists page by page. False: the pages became too old while they were read.</summary>
    private async Task<bool> ListAsync(CancellationToken cancellationToken)
    {
        var listed = new Dictionary<NamespacedName, T>();
        string? next = null;
        string? version;
        do
        {
            using var limit = new CancellationTokenSource(options.ListTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            var query = (_pages ? $"limit={options.PageSize}" : "resourceVersion=0") + (next is null ? "" : $"&continue={Uri.EscapeDataString(next)}");
            using var response = await client.SendAsync(Request(query), cancellationToken);
            if (response.Status == (int)HttpStatusCode.Gone)
            {
                // Listing takes longer than the server remembers: the next try asks for everything in one piece.
                _pages = false;
                return false;
            }

            response.EnsureSuccess();
            var page = await ReadPageAsync(response.Body, either.Token, cancellationToken);
            page.Items?.ForEach(item => listed[item.Name] = item);
            version = page.Metadata.ResourceVersion;
            next = page.Metadata.Continue;
        }
        while (!string.IsNullOrEmpty(next));

        _pages = true;
        sink.Answered();
        Replace(listed, version);
        return true;
    }

    private async Task<ResourceList<T>> ReadPageAsync(Stream body, CancellationToken limited, CancellationToken cancellationToken)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(body, kind.List, limited) ?? throw new JsonException();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failure(ApiException.Unreachable, $"the list did not end within {options.ListTimeout.TotalSeconds:0} s");
        }
        catch (JsonException)
        {
            // The exception's text may quote an object.
            throw Failure("Unreadable", "the list cannot be read");
        }
    }

    /// <summary>Hands over how a complete list differs from what was handed over before.</summary>
    private void Replace(Dictionary<NamespacedName, T> listed, string? version)
    {
        var receivedAt = time.GetTimestamp();
        var changes = new List<WatchChange<T>>();
        var versions = new Dictionary<NamespacedName, string>(listed.Count);
        foreach (var (name, item) in listed)
        {
            var itemVersion = item.Metadata.ResourceVersion ?? "";
            versions.Add(name, itemVersion);
            if (!_versions.TryGetValue(name, out var known) || known != itemVersion)
            {
                changes.Add(new WatchChange<T>(name, Trim(item)));
            }
        }

        changes.AddRange(_versions.Keys.Where(name => !versions.ContainsKey(name)).Select(name => new WatchChange<T>(name, null)));
        _versions = versions;
        _version = version;
        if (changes.Count > 0)
        {
            sink.Changed(changes, receivedAt);
        }

        sink.Synced();
    }

    /// <summary>Watches until the server or the clock ends it. False: ask again at once, because the answer was about how we asked.</summary>
    private async Task<bool> WatchAsync(CancellationToken cancellationToken)
    {
        var listed = _version is null ? new Dictionary<NamespacedName, T>() : null;
        var seconds = (int)(options.WatchTimeout.TotalSeconds * (1 + Random.Shared.NextDouble()));
        var from = _version is null ? "sendInitialEvents=true&resourceVersionMatch=NotOlderThan" : $"resourceVersion={Uri.EscapeDataString(_version)}";
        using var response = await client.SendAsync(
            Request(string.Create(CultureInfo.InvariantCulture, $"watch=1&allowWatchBookmarks=true&timeoutSeconds={Math.Max(seconds, 1)}&{from}")), cancellationToken);
        if (listed is not null && response.Status is (int)HttpStatusCode.BadRequest or (int)HttpStatusCode.UnprocessableEntity)
        {
            _streams = false; // before 1.32, or switched off
            return false;
        }

        if (response.Status == (int)HttpStatusCode.Gone)
        {
            _version = null;
            return true;
        }

        response.EnsureSuccess();
        sink.Answered();

        // A connection that died without a word must not keep us here for ever. HTTP/2 notices sooner, by its pings.
        using var limit = new CancellationTokenSource(listed is null ? TimeSpan.FromSeconds(seconds) + WatchGrace : options.ListTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var body = PipeReader.Create(response.Body, new StreamPipeReaderOptions(bufferSize: 64 * 1024));
        try
        {
            while (true)
            {
                var read = await body.ReadAsync(either.Token);
                var receivedAt = time.GetTimestamp();
                var rest = read.Buffer;
                var isOver = read.IsCompleted;
                while (TryReadLine(ref rest, out var line))
                {
                    isOver |= Take(line, ref listed, limit);
                }

                // What one read brought is handed over together.
                body.AdvanceTo(rest.Start, rest.End);
                HandOver(receivedAt);
                if (isOver)
                {
                    return true;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return true;
        }
        finally
        {
            await body.CompleteAsync();
        }
    }

    private void HandOver(long receivedAt)
    {
        if (_changes.Count > 0)
        {
            sink.Changed(_changes, receivedAt);
            _changes.Clear();
        }
    }

    /// <summary>Takes one event. True: the watch is of no use any more.</summary>
    private bool Take(in ReadOnlySequence<byte> line, ref Dictionary<NamespacedName, T>? listed, CancellationTokenSource limit)
    {
        WatchEvent<T> change;
        try
        {
            change = WatchEvent<T>.Read(line, kind.Item);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            sink.Unreadable();
            return false;
        }

        if (change.Error is { } status)
        {
            _version = null;
            listed = null;
            return status.Code == (int)HttpStatusCode.Gone
                ? true
                : throw Failure(status.Reason ?? "Unknown", status.Message ?? "the watch ended with an error", status.Code ?? 0);
        }

        if (change.Object is not { } item)
        {
            return false;
        }

        if (listed is null)
        {
            _version = item.Metadata.ResourceVersion ?? _version;
        }

        switch (change.Type)
        {
            case "BOOKMARK" when listed is not null && item.Metadata.Annotations?.ContainsKey(InitialEventsEnd) is true:
                Replace(listed, item.Metadata.ResourceVersion);
                listed = null;
                limit.CancelAfter(options.WatchTimeout * 2 + WatchGrace);
                break;
            case "ADDED" or "MODIFIED" when listed is not null:
                listed[item.Name] = item;
                break;
            case "DELETED" when listed is not null:
                listed.Remove(item.Name);
                break;
            case "ADDED" or "MODIFIED":
                _versions[item.Name] = item.Metadata.ResourceVersion ?? "";
                _changes.Add(new WatchChange<T>(item.Name, Trim(item)));
                break;
            case "DELETED":
                _versions.Remove(item.Name);
                _changes.Add(new WatchChange<T>(item.Name, null));
                break;
            default:
                break;
        }

        return false;
    }

    /// <summary>Says what the API leaves out in lists, and drops what nobody here reads.</summary>
    private T Trim(T item)
    {
        item.Kind = kind.Kind;
        item.ApiVersion = kind.ApiVersion;
        item.Metadata.Annotations?.Remove(LastApplied);
        kind.Trim?.Invoke(item);
        return item;
    }

    private ApiRequest Request(string query) => new(
        HttpMethod.Get, $"{kind.Path(scope.Namespace)}?{query}" + (scope.FieldSelector is null ? "" : $"&fieldSelector={Uri.EscapeDataString(scope.FieldSelector)}"));

    private ApiException Failure(string reason, string message, int status = 0) => new(status, reason, message, "GET", kind.Path(scope.Namespace));

    private static bool TryReadLine(ref ReadOnlySequence<byte> rest, out ReadOnlySequence<byte> line)
    {
        var reader = new SequenceReader<byte>(rest);
        if (!reader.TryReadTo(out line, (byte)'\n'))
        {
            return false;
        }

        rest = rest.Slice(reader.Position);
        return true;
    }
}
