using System.Net;
using System.Text.Json;
using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Writing;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.Events;

/// <summary>Tells of conditions by Events, one pass after the other: the leader writes, the others only keep count.</summary>
internal sealed class EventRecorder(
    ApiClient api, ClusterWriterOptions options, Func<bool> mayWrite, Func<ClusterState> state, TimeProvider time, ILogger logger)
{
    private const double PerSecond = 5;
    private const int Burst = 50;

    // An object that flaps, or is wrong in many ways.
    private const double PerSecondAndObject = 1.0 / 60;
    private const int BurstPerObject = 10;

    private readonly EventLedger _ledger = new();
    private readonly TokenBucket _rate = new(PerSecond, Burst, time);
    private readonly Dictionary<Regarding, TokenBucket> _rates = [];
    private readonly HashSet<string> _refusing = [];
    private readonly long _start = time.GetTimestamp();

    /// <summary>Says what is due.</summary>
    /// <exception cref="ApiException">The API server does not answer; what was not said is still due.</exception>
    public async Task<PassResult> PassAsync(CancellationToken cancellationToken)
    {
        var current = state();
        if (ReferenceEquals(current, ClusterState.Empty))
        {
            return PassResult.Done;
        }

        var now = time.GetElapsedTime(_start);
        _ledger.Observe(new ConditionFinder(current, options.LoadBalancer, time.GetUtcNow()).Find(), now);
        foreach (var (regarding, rate) in _rates)
        {
            if (rate.IsFull)
            {
                _rates.Remove(regarding);
            }
        }

        foreach (var due in _ledger.Due(now))
        {
            if (!mayWrite())
            {
                break;
            }

            if (!RateOf(due.Condition.Regarding).TryTake())
            {
                continue;
            }

            if (!_rate.TryTake())
            {
                break;
            }

            var count = await SayAsync(due, cancellationToken);
            _ledger.Said(due.Condition, count, now);
        }

        return mayWrite() && _ledger.IsWaiting(now) ? PassResult.More : PassResult.Done;
    }

    private TokenBucket RateOf(Regarding regarding)
    {
        if (!_rates.TryGetValue(regarding, out var rate))
        {
            _rates.Add(regarding, rate = new TokenBucket(PerSecondAndObject, BurstPerObject, time));
        }

        return rate;
    }

    /// <summary>Returns how often it has been said now.</summary>
    private async Task<int> SayAsync(DueEvent due, CancellationToken cancellationToken)
    {
        if (due.Count > 1 && await RepeatAsync(due.Condition, due.Count, cancellationToken))
        {
            return due.Count;
        }

        var document = EventText.Document(due.Condition, options.Controller, options.Election.Identity, time.GetUtcNow());
        var request = Request(HttpMethod.Post, Collection(due.Condition)) with { Body = JsonSerializer.SerializeToUtf8Bytes(document, EventJson.Default.EventDocument) };
        using var response = await api.SendAsync(request, cancellationToken);
        if (response.Status != (int)HttpStatusCode.Conflict)
        {
            Judge(response, due.Condition, count: 1);
            return 1;
        }

        return await JoinAsync(due.Condition, cancellationToken);
    }

    /// <summary>The Event is there, from another leader or an earlier run. What was said lately is not said again.</summary>
    private async Task<int> JoinAsync(EventCondition condition, CancellationToken cancellationToken)
    {
        using var response = await api.SendAsync(Request(HttpMethod.Get, PathOf(condition)), cancellationToken);
        if (response.Status == (int)HttpStatusCode.NotFound)
        {
            return 1; // Expired between two requests; it is refreshed in its time.
        }

        response.EnsureSuccess();
        var found = JsonSerializer.Deserialize((await response.ReadAsync(cancellationToken)).Span, EventJson.Default.EventDocument)!;
        var count = found.Series?.Count ?? 1;
        var saidAt = found.Series?.LastObservedTime ?? found.EventTime ?? DateTimeOffset.MinValue;
        if (time.GetUtcNow() - saidAt < EventLedger.RefreshTime)
        {
            return count;
        }

        await RepeatAsync(condition, count + 1, cancellationToken);
        return count + 1;
    }

    /// <summary>Adds to the series; false when the Event has expired.</summary>
    private async Task<bool> RepeatAsync(EventCondition condition, int count, CancellationToken cancellationToken)
    {
        var patch = new EventDocument { Series = new EventSeries { Count = count, LastObservedTime = time.GetUtcNow() } };
        var request = Request(HttpMethod.Patch, PathOf(condition)) with
        {
            Body = JsonSerializer.SerializeToUtf8Bytes(patch, EventJson.Default.EventDocument),
            ContentType = "application/merge-patch+json",
        };
        using var response = await api.SendAsync(request, cancellationToken);
        if (response.Status == (int)HttpStatusCode.NotFound)
        {
            return false;
        }

        Judge(response, condition, count);
        return true;
    }

    /// <summary>What one namespace refuses counts as said, for Events are worth no more; what is about the server is thrown.</summary>
    private void Judge(ApiResponse response, EventCondition condition, int count)
    {
        var (kind, name, space) = (condition.Regarding.Kind, condition.Regarding.Name, condition.Regarding.EventNamespace);
        if (response.IsSuccess)
        {
            EventLog.Written(logger, kind, name, condition.Reason, count, condition.Note);
            _refusing.Remove(space);
            return;
        }

        response.ThrowIfAboutServer();
        if (_refusing.Add(space))
        {
            EventLog.Refused(logger, kind, name, space, response.Message ?? ((HttpStatusCode)response.Status).ToString());
        }
    }

    private static string Collection(EventCondition condition) => $"/apis/events.k8s.io/v1/namespaces/{condition.Regarding.EventNamespace}/events";

    private static string PathOf(EventCondition condition) => $"{Collection(condition)}/{EventText.NameOf(condition)}";

    private ApiRequest Request(HttpMethod method, string path) => new(method, path) { Timeout = options.Election.WriteTimeout };
}
