using EdgeProxy.Model;
using EdgeProxy.Model.Health;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Dataplane.HealthChecks;

/// <summary>Checks one endpoint again and again until it is stopped, and tells its backend.</summary>
internal sealed class EndpointCheck : IAsyncDisposable
{
    /// <summary>The first check is made within this time, so that a start does not reach every endpoint in the same moment.</summary>
    private static readonly TimeSpan FirstWithin = TimeSpan.FromSeconds(1);

    private readonly ServicePortName _port;
    private readonly Backend _backend;
    private readonly HealthProbe _probe;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    /// <summary>Starts checking. Borrows the probe.</summary>
    public EndpointCheck(ServicePortName port, Backend backend, HealthCheck rule, HealthProbe probe, TimeProvider time, ILogger logger)
    {
        _port = port;
        _backend = backend;
        Rule = rule;
        _probe = probe;
        _time = time;
        _logger = logger;
        _loop = RunAsync(_stop.Token);
    }

    /// <summary>How it checks.</summary>
    public HealthCheck Rule { get; }

    /// <summary>Stops; when this ends nothing more is told. To be called once.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken stop)
    {
        try
        {
            var first = Rule.Interval < FirstWithin ? Rule.Interval : FirstWithin;
            await Task.Delay(first * Random.Shared.NextDouble(), _time, stop);
            while (true)
            {
                await CheckAsync(stop);

                // Give or take a tenth, or checks that met once would meet for ever.
                await Task.Delay(Rule.Interval * (0.9 + (0.2 * Random.Shared.NextDouble())), _time, stop);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private async Task CheckAsync(CancellationToken stop)
    {
        if (await _probe.TryAsync(_backend.Address, Rule, _time, stop) is not { } outcome || !_backend.ReportCheck(outcome.Failure is null, Rule))
        {
            return;
        }

        if (outcome.Failure is { } reason)
        {
            DataplaneLog.Unhealthy(_logger, _backend, _port, reason);
        }
        else
        {
            DataplaneLog.Healthy(_logger, _backend, _port);
        }
    }
}
