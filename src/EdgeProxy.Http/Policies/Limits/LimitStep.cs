using System.Collections.Immutable;
using EdgeProxy.Http.Policies.Access;
using EdgeProxy.Model;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Http.Policies.Limits;

/// <summary>Annotations limit-connections, limit-rps and limit-rpm, in this order, for each client address.</summary>
internal sealed class LimitStep : IRequestStep
{
    private readonly LimitPolicy _policy;
    private readonly ConnectionZone? _connections;
    private readonly ImmutableArray<RateZone> _rates;

    public LimitStep(NamespacedName ingress, LimitPolicy policy, LimitZones zones)
    {
        _policy = policy;
        _connections = policy.Connections > 0 ? zones.Connections(ingress) : null;
        var rates = ImmutableArray.CreateBuilder<RateZone>();
        if (policy.RequestsPerSecond > 0)
        {
            rates.Add(zones.Rate(ingress, policy.RequestsPerSecond, Burst(policy.RequestsPerSecond)));
        }

        if (policy.RequestsPerMinute > 0)
        {
            rates.Add(zones.Rate(ingress, policy.RequestsPerMinute / 60.0, Burst(policy.RequestsPerMinute)));
        }

        _rates = rates.ToImmutable();
    }

    /// <inheritdoc />
    public ValueTask<ResponseReason> ApplyAsync(Exchange exchange) => ValueTask.FromResult(Count(exchange));

    private ResponseReason Count(Exchange exchange)
    {
        var client = exchange.Client.Endpoint.Address;
        if (AddressStep.IsIn(_policy.Exempt, client))
        {
            return ResponseReason.Forwarded;
        }

        if (_connections is not null)
        {
            if (_connections.TryEnter(client, _policy.Connections) is not { } place)
            {
                exchange.Reply.Status = _policy.ConnectionStatus;
                return ResponseReason.ConnectionLimited;
            }

            exchange.Hold(place);
        }

        foreach (var rate in _rates)
        {
            if (!rate.TryTake(client))
            {
                exchange.Reply.Status = _policy.RequestStatus;
                return ResponseReason.RateLimited;
            }
        }

        return ResponseReason.Forwarded;
    }

    private int Burst(int rate) => (int)Math.Min(int.MaxValue, (long)rate * _policy.BurstMultiplier);
}
