using EdgeProxy.Kubernetes.Problems;

namespace EdgeProxy.Kubernetes.Manifests.Files;

/// <summary>Bounds of reading manifest files.</summary>
internal sealed record FileLimits(long LargestFile, SettleTimes Settle, TimeProvider Time);

/// <summary>An object as a file last gave it. Held ones stay although the file no longer gives a sound version.</summary>
internal sealed record FileObject(ReadObject Item, bool IsHeld);

/// <summary>
/// One manifest file from load to load: what it last gave, and what is kept of that while the file is broken, unreadable or just being
/// written. Not thread-safe.
/// </summary>
internal sealed class ManifestFile(string path, FileLimits limits)
{
    // File systems stamp writes with a clock of several milliseconds: a file changed again right after it was read may look unchanged.
    private static readonly TimeSpan TrustedAge = TimeSpan.FromSeconds(2);

    private FileFingerprint? _fingerprint;
    private FileFingerprint? _applied;
    private UInt128? _digest;
    private Pending? _pending;

    /// <summary>The path as the user would write it.</summary>
    public string Path { get; } = path;

    /// <summary>What to serve of this file.</summary>
    public IReadOnlyList<FileObject> Objects { get; private set; } = [];

    /// <summary>What is wrong with it.</summary>
    public IReadOnlyList<Problem> Problems { get; private set; } = [];

    /// <summary>True when the file could be read, whatever stands in it.</summary>
    public bool CouldRead { get; private set; } = true;

    /// <summary>True while <see cref="Objects"/> are those of an older version as a whole.</summary>
    public bool IsHolding { get; private set; }

    /// <summary>How often the text was parsed; for tests of the cache.</summary>
    public int TimesParsed { get; private set; }

    /// <summary>Takes up what the file says now. Returns the time to wait when it is still settling.</summary>
    public TimeSpan? Refresh(FileFingerprint now)
    {
        if (_fingerprint == now && _pending is null)
        {
            return null;
        }

        // Pipes, sockets and devices say that they have no length. Opening a pipe nobody writes to would block for ever, and nothing in .NET
        // tells them from an empty file; that one need not be opened either.
        var text = now.Length == 0 ? FileText.Empty : FileText.Read(Path, limits.LargestFile);
        if (text.Failure is not null)
        {
            HoldAll(text.Failure);
            return null;
        }

        var trusted = limits.Time.GetUtcNow().UtcDateTime - new DateTime(now.Modified, DateTimeKind.Utc) > TrustedAge;
        if (_digest == text.Digest)
        {
            (_fingerprint, _pending, IsHolding, CouldRead) = (trusted ? now : null, null, false, true);
            return null;
        }

        var content = _pending?.Digest == text.Digest ? _pending.Content! : Parse(text);
        var objects = Merge(content);
        var settle = now.Length == 0 ? limits.Settle.Emptied : IsReplaced(now) ? limits.Settle.Replaced : limits.Settle.Edited;
        if (RemovesAny(objects) && Wait(new Pending(text.Digest, content, now, limits.Time.GetTimestamp()), settle) is { } wait)
        {
            return wait;
        }

        Apply(content, objects);
        _applied = now;
        (_fingerprint, _digest, _pending, IsHolding) = (trusted ? now : null, text.Digest, null, false);
        return null;
    }

    /// <summary>The file is not listed any more. Returns the time to wait until that is believed; null when it is.</summary>
    public TimeSpan? Vanish()
    {
        _digest = null;
        return Objects.Count == 0 ? null : Wait(new Pending(0, null, null, limits.Time.GetTimestamp()), limits.Settle.Emptied);
    }

    /// <summary>The file cannot be looked at: what it gave stays, and the next load tries again.</summary>
    public void HoldAll(string reason)
    {
        Problems = [FileProblem(ProblemSeverity.Error, reason), .. HeldNote(Objects.Select(item => item.Item.Key))];
        Hold();
    }

    /// <summary>The folder of the file cannot be looked at, which is reported elsewhere: what it gave stays.</summary>
    public void Hold()
    {
        (_fingerprint, _digest, _pending, IsHolding, CouldRead) = (null, null, null, true, false);
    }

    // Another file in its place: renamed over it, or the link to it swapped. Such a file is nearly always whole when it appears.
    private bool IsReplaced(FileFingerprint now) =>
        _applied is { } before && (before.Created != now.Created || before.Target != now.Target);

    // Editors and copy programs empty a file before they fill it; programs write in pieces. Objects that disappear are believed only once the
    // file has looked the same for the settle time.
    private TimeSpan? Wait(Pending next, TimeSpan settle)
    {
        if (_pending is null || _pending.Digest != next.Digest || _pending.Fingerprint != next.Fingerprint)
        {
            _pending = next with { HeldSince = _pending?.HeldSince ?? next.Since };
        }

        // A file that is rewritten all the time would never settle; after a while it is taken as it is, unless it is empty just then.
        var left = settle - limits.Time.GetElapsedTime(_pending.Since);
        var patience = limits.Settle.Longest - limits.Time.GetElapsedTime(_pending.HeldSince);
        if (settle < limits.Settle.Emptied && patience < left)
        {
            left = patience;
        }

        IsHolding = left > TimeSpan.Zero;
        return IsHolding ? left : null;
    }

    private ManifestContent Parse(FileText text)
    {
        TimesParsed++;
        if (text.Bytes.Length == 0)
        {
            return new ManifestContent([], [FileProblem(ProblemSeverity.Note, "empty, or not a regular file; nothing is read from it")], new HashSet<ObjectKey>(), hasUnreadableParts: false);
        }

        return text.Decode() is { } decoded
            ? ManifestReader.Read(decoded, Path)
            : ManifestContent.Unreadable(FileProblem(ProblemSeverity.Error, "not a text file (UTF-8)"));
    }

    // What the file gives, and after it the last good version of what it names but does not give soundly.
    private List<FileObject> Merge(ManifestContent content)
    {
        var objects = content.Items.Select(item => new FileObject(item, IsHeld: false)).ToList();
        var given = content.Items.Select(item => item.Key).ToHashSet();
        objects.AddRange(Objects
            .Where(old => !given.Contains(old.Item.Key) && (content.HasUnreadableParts || content.Broken.Contains(old.Item.Key)))
            .Select(old => old with { IsHeld = true }));
        return objects;
    }

    private bool RemovesAny(List<FileObject> objects)
    {
        var kept = objects.Select(item => item.Item.Key).ToHashSet();
        return Objects.Any(old => !kept.Contains(old.Item.Key));
    }

    private void Apply(ManifestContent content, List<FileObject> objects)
    {
        Objects = objects;
        Problems = [.. content.Problems, .. HeldNote(objects.Where(item => item.IsHeld).Select(item => item.Item.Key))];
        CouldRead = true;
    }

    private IEnumerable<Problem> HeldNote(IEnumerable<ObjectKey> keys)
    {
        const int named = 5;
        var held = keys.Select(key => key.ToString()).ToList();
        if (held.Count > 0)
        {
            var more = held.Count > named ? $" and {held.Count - named} more" : "";
            yield return FileProblem(ProblemSeverity.Note, $"the last good version stays in use of {string.Join(", ", held.Take(named))}{more}");
        }
    }

    private Problem FileProblem(ProblemSeverity severity, string message) => new(severity, null, null, null, message, new SourceLocation(Path, 0, 0));

    private sealed record Pending(UInt128 Digest, ManifestContent? Content, FileFingerprint? Fingerprint, long Since)
    {
        /// <summary>When the file began to be held; later versions of it do not start anew.</summary>
        public long HeldSince { get; init; } = Since;
    }
}
