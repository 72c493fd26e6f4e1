using EdgeProxy.Http.Endpoints;
using EdgeProxy.Model;
using EdgeProxy.Model.Policies;
using EdgeProxy.Model.Scheduling;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http.Forwarding;

/// <summary>
/// Which endpoint a request tries, and whether it may try another: by the conditions of its route, and never when an endpoint may already have
/// acted on a request that must not be repeated.
/// </summary>
/// <param name="forwarding">How the request reaches them.</param>
/// <param name="port">Whose endpoints.</param>
/// <param name="wish">Which of them it should get.</param>
/// <param name="client">Who asks.</param>
/// <param name="method">By which method.</param>
/// <param name="replaysBody">The body is kept and can be sent again.</param>
/// <param name="time">The clock.</param>
internal sealed class UpstreamTries(
    ForwardingPolicies forwarding, ServicePort port, EndpointWish wish, ClientConnection client, string method, bool replaysBody, TimeProvider time)
{
    private readonly RetryPolicy _policy = forwarding.Retry;
    private readonly Scheduler _scheduler = port.HttpSchedulerPreferring(forwarding.Balancing.PrefersFast && !forwarding.Upstream.IsService);
    private readonly long _startedAt = time.GetTimestamp();
    private TriedBackends _tried;
    private Backend? _ahead;

    /// <summary>True when the body was begun to be sent: what is left of it is no request, unless it was kept.</summary>
    public bool BodyStarted { get; set; }

    /// <summary>How many endpoints were tried.</summary>
    public int Count => _tried.Count;

    // What the Service chooses it chooses once. An endpoint that was tried is remembered up to TriedBackends.MaxTries.
    private int Limit => forwarding.Upstream.IsService ? 1 : Math.Min(_policy.Tries == 0 ? int.MaxValue : _policy.Tries, TriedBackends.MaxTries);

    private bool IsWhole => !BodyStarted || replaysBody;

    private bool MayRepeat => IsWhole && (IsIdempotent(method) || _policy.Conditions.HasFlag(RetryConditions.NonIdempotent));

    /// <summary>True for a method that may be carried out twice.</summary>
    public static bool IsIdempotent(string method) => !HttpMethods.IsPost(method) && !HttpMethods.IsPatch(method) && method is not "LOCK";

    /// <summary>The endpoint whose turn it is; null when there is none.</summary>
    public Backend? Next()
    {
        var backend = _ahead ?? Pick();
        _ahead = null;
        if (backend is not null)
        {
            _tried.Add(backend);
        }

        return backend;
    }

    /// <summary>True when an answer is not passed on, because its status asks for another endpoint and there is one.</summary>
    public bool Rejects(int status) => _policy.Rejects(status) && MayRepeat && FindsAnother();

    /// <summary>True when another endpoint is to be tried after a failure that came before the head of an answer.</summary>
    public bool GoesOnAfter(ResponseReason failure)
    {
        var (condition, isAllowed) = failure switch
        {
            // A connection that never came about leaves the request whole, whatever its method.
            ResponseReason.ConnectFailed => (RetryConditions.Error, IsWhole),
            ResponseReason.ConnectTimeout => (RetryConditions.Timeout, IsWhole),
            ResponseReason.UpstreamReset => (RetryConditions.Error, MayRepeat),
            ResponseReason.UpstreamTimeout => (RetryConditions.Timeout, MayRepeat),
            ResponseReason.UpstreamInvalid => (RetryConditions.InvalidHeader, MayRepeat),
            _ => (RetryConditions.Never, false),
        };
        return isAllowed && _policy.Conditions.HasFlag(condition) && FindsAnother();
    }

    private bool FindsAnother()
    {
        if (_tried.Count >= Limit || (_policy.Timeout > TimeSpan.Zero && time.GetElapsedTime(_startedAt) >= _policy.Timeout))
        {
            return false;
        }

        _ahead ??= Pick();
        return _ahead is not null;
    }

    private Backend? Pick() => wish == EndpointWish.None
        ? port.Pick(_scheduler, client.Endpoint, client.Destination, _tried)
        : port.Pick(_scheduler, wish, client.Endpoint, client.Destination, _tried);
}
