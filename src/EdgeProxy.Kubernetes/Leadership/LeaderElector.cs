using System.Text.Json;
using EdgeProxy.Kubernetes.Api;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.Leadership;

/// <summary>Takes the lease when it is free and renews it while it is ours.</summary>
internal sealed class LeaderElector(ILeaseStore store, LeaderElectionOptions options, TimeProvider time, ILogger logger)
{
    // As client-go: those who wait do not come all at once.
    private const double CandidateJitter = 1.2;

    private readonly Election _election = new(options, time);
    private string _reported = "";
    private bool _wasLeader;

    /// <summary>Raised when this replica becomes the leader, on the elector's own loop.</summary>
    public event Action? Elected;

    /// <summary>True while this replica, and no other, may write. Ask at every write: it turns false by itself when renewals fail.</summary>
    public bool IsLeader => _election.IsLeader;

    /// <summary>Who held the lease when it was last looked at; empty for nobody.</summary>
    public string Holder => _election.Holder;

    /// <summary>Why the Lease could not be read or written the last time; null when it could.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Tries, and tries again, until <paramref name="stop"/>. The lease is kept then: <see cref="ReleaseAsync"/> gives it back.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await TryAsync(stop);
                var pause = IsLeader ? options.RetryPeriod : options.RetryPeriod * (1 + (CandidateJitter * Random.Shared.NextDouble()));
                await Task.Delay(pause, time, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The process is stopping.
        }
    }

    /// <summary>One attempt to take or to renew.</summary>
    public async Task TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            var current = _election.Own ?? await store.ReadAsync(cancellationToken);
            if (_election.Next(current) is { } record)
            {
                var sent = _election.Now();
                if (await store.WriteAsync(record, current, cancellationToken) is { } stored)
                {
                    _election.Won(stored, sent);
                }
                else
                {
                    _election.Refused();
                }
            }

            Trouble = null;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            // A write without an answer may or may not be stored, and the Lease may be gone: look before the next.
            _election.Refused();
            var isNews = Trouble is null;
            Trouble = error is ApiException ? error.Message : "the answer cannot be read";
            if (isNews)
            {
                LeadershipLog.Unreachable(logger, options.Lease, Trouble);
            }
        }

        Report();
    }

    /// <summary>Gives the lease back when it is ours, so that the next leader need not wait for it to run out.</summary>
    /// <exception cref="ApiException">It cannot be written; others wait as if we had crashed.</exception>
    public async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        _election.Resign();
        if (_election.IsFollower)
        {
            return;
        }

        // Our last attempt may have been cut short, and may be stored before we look or while we do: hence two tries.
        for (var tries = 0; tries < 2; tries++)
        {
            var current = await store.ReadAsync(cancellationToken);
            if (_election.Parting(current) is not { } record)
            {
                return;
            }

            if (await store.WriteAsync(record, current, cancellationToken) is not null)
            {
                LeadershipLog.Released(logger, options.Lease);
                return;
            }
        }
    }

    private void Report()
    {
        var isLeader = IsLeader;
        if (isLeader && !_wasLeader)
        {
            LeadershipLog.Elected(logger, options.Identity, options.Lease);
            Elected?.Invoke();
        }
        else if (!isLeader && _wasLeader)
        {
            LeadershipLog.Lost(logger, options.Lease);
        }

        if (!isLeader && Holder.Length > 0 && Holder != options.Identity && Holder != _reported)
        {
            LeadershipLog.Follows(logger, Holder, options.Lease);
        }

        _reported = Holder;
        _wasLeader = isLeader;
    }
}
