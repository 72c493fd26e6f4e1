using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Api.Watching;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Writing;
using EdgeProxy.Model;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.Status;

/// <summary>
/// Writes the addresses in the status of objects of one kind. Every write names the version it is about, so that even a leader that was stopped
/// in the middle of one cannot undo what its successor wrote.
/// </summary>
/// <param name="api">The API server.</param>
/// <param name="kind">The kind.</param>
/// <param name="isSame">True when what was decided for an object still holds for a later version of it.</param>
/// <param name="options">How long a write may take.</param>
/// <param name="mayWrite">False once another replica may.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Told what is written, and once a namespace what is refused.</param>
internal sealed class StatusPatcher<T>(
    ApiClient api, WatchedKind<T> kind, Func<T, T, bool> isSame, ClusterWriterOptions options, Func<bool> mayWrite, TimeProvider time, ILogger logger)
    where T : KubernetesObject
{
    // 10,000 objects in three minutes, and no API server notices.
    private const int WritesPerSecond = 50;
    private const int WriteBurst = 100;

    private static readonly TimeSpan RefusalPause = TimeSpan.FromMinutes(1);

    private readonly TokenBucket _rate = new(WritesPerSecond, WriteBurst, time);
    private readonly Dictionary<NamespacedName, Attempt> _attempts = [];
    private readonly HashSet<string> _refusing = [];

    /// <summary>Forgets objects that are gone.</summary>
    public void Forget(Func<NamespacedName, bool> isGone)
    {
        foreach (var gone in _attempts.Keys.Where(isGone).ToList())
        {
            _attempts.Remove(gone);
        }
    }

    /// <summary>What was written to an object, when the watch has not brought it back yet; else null.</summary>
    public ImmutableArray<StatusAddress>? Written(T subject) =>
        _attempts.TryGetValue(subject.Name, out var last) && last.IsDone && ReferenceEquals(last.Subject, subject) ? last.Addresses : null;

    /// <summary>False for what was written, or tried in vain, since the object was last seen to change: the watch may be behind.</summary>
    public bool IsNew(StatusChange<T> change) =>
        !_attempts.TryGetValue(change.Subject.Name, out var last)
        || !ReferenceEquals(last.Subject, change.Subject)
        || !last.Addresses.SequenceEqual(change.Addresses)
        || (last.RefusedAt is { } at && time.GetElapsedTime(at) >= RefusalPause);

    /// <summary>Writes one after the other those that are new.</summary>
    /// <param name="changes">What should be written.</param>
    /// <param name="done">Told each that is, with the object as it is now.</param>
    /// <param name="cancellationToken">Ends it between two writes, or in one.</param>
    /// <exception cref="ApiException">The API server does not answer.</exception>
    public async Task<PassResult> WriteAsync(IEnumerable<StatusChange<T>> changes, Action<StatusChange<T>, T?> done, CancellationToken cancellationToken)
    {
        foreach (var change in changes.Where(IsNew))
        {
            if (!_rate.TryTake() || !mayWrite())
            {
                return PassResult.More;
            }

            var outcome = await PatchAsync(change, cancellationToken);
            Note(change, outcome);
            if (outcome.IsDone)
            {
                done(change, outcome.Fresh);
            }
        }

        return PassResult.Done;
    }

    /// <summary>Writes; when the object is not what we saw, looks at it and tries once more. Keeps no note of it; several at a time are fine.</summary>
    /// <exception cref="ApiException">The API server does not answer.</exception>
    public async Task<Outcome> PatchAsync(StatusChange<T> change, CancellationToken cancellationToken)
    {
        var (seen, name, addresses) = (change.Subject, change.Subject.Name, change.Addresses);
        var path = $"{kind.Path(name.Namespace)}/{name.Name}";
        var mayLookAgain = true;
        while (true)
        {
            var request = new ApiRequest(HttpMethod.Patch, $"{path}/status")
            {
                Body = StatusPatch.Of(seen.Metadata.ResourceVersion, addresses),
                ContentType = "application/merge-patch+json",
                Timeout = options.Election.WriteTimeout,
            };
            using var response = await api.SendAsync(request, cancellationToken);
            switch ((HttpStatusCode)response.Status)
            {
                case HttpStatusCode.NotFound:
                    return Outcome.Moot;
                case HttpStatusCode.Conflict when mayLookAgain:
                    if (await LookAsync(path, cancellationToken) is not { } fresh || !isSame(fresh, seen) || !mayWrite())
                    {
                        return Outcome.Moot; // The watch brings what became of it.
                    }

                    (seen, mayLookAgain) = (fresh, false);
                    break;
                case HttpStatusCode.Conflict:
                    return Outcome.Moot;
                case var _ when response.IsSuccess:
                    return new Outcome(true, null, await ReadAsync(response, cancellationToken));
                case HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity when addresses.Any(address => address.IpMode is not null):
                    // A server before 1.30 drops what it does not know; one that refuses it (a webhook) gets the address without.
                    addresses = [.. addresses.Select(address => address with { IpMode = null })];
                    break;
                case var status:
                    response.ThrowIfAboutServer();
                    return new Outcome(false, response.Message ?? status.ToString(), null);
            }
        }
    }

    private async Task<T?> LookAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await api.SendAsync(new ApiRequest(HttpMethod.Get, path) { Timeout = options.Election.WriteTimeout }, cancellationToken);
        if (response.Status == (int)HttpStatusCode.NotFound)
        {
            return null;
        }

        response.EnsureSuccess();
        return await ReadAsync(response, cancellationToken);
    }

    private async Task<T?> ReadAsync(ApiResponse response, CancellationToken cancellationToken) =>
        JsonSerializer.Deserialize((await response.ReadAsync(cancellationToken)).Span, kind.Item);

    private void Note(StatusChange<T> change, Outcome outcome)
    {
        var name = change.Subject.Name;
        _attempts[name] = new Attempt(change.Subject, change.Addresses, outcome.IsDone, outcome.Refusal is null ? null : time.GetTimestamp());
        if (outcome.IsDone)
        {
            StatusLog.Written(logger, kind.Kind, name, change.Addresses.Length);
            if (_refusing.Contains(name.Namespace) && !_attempts.Any(other => other.Key.Namespace == name.Namespace && other.Value.RefusedAt is not null))
            {
                _refusing.Remove(name.Namespace);
            }
        }
        else if (outcome.Refusal is { } reason && _refusing.Add(name.Namespace))
        {
            StatusLog.Refused(logger, kind.Kind, name, name.Namespace, reason);
        }
    }

    /// <summary>What became of a write: done, refused for a reason, or overtaken by events.</summary>
    internal readonly record struct Outcome(bool IsDone, string? Refusal, T? Fresh)
    {
        public static Outcome Moot => new(false, null, null);
    }

    /// <summary>What was last tried for an object.</summary>
    private sealed record Attempt(T Subject, ImmutableArray<StatusAddress> Addresses, bool IsDone, long? RefusedAt);
}
