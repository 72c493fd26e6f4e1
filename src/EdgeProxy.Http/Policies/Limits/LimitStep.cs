using System.Collections.Immutable;
using EdgeProxy.Http.Policies.Access;
using EdgeProxy.Model;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Http.Policies.Limits;

/// <summary>Annotations limit-connections, limit-rps and limit-rpm, in this order, for each client address.</summary>
internal sealed class LimitStep(NamespacedName ingress, LimitPolicy policy, StepServices services) : IRequestStep
{
    private readonly ImmutableArray<RateKey> _rates =
    [
        .. from limit in new[] { (Rate: policy.RequestsPerSecond, Seconds: 1.0), (Rate: policy.RequestsPerMinute, Seconds: 60.0) }
           where limit.Rate > 0
           let burst = (int)Math.Min(int.MaxValue, (long)limit.Rate * policy.BurstMultiplier)
           select new RateKey(ingress, limit.Rate / limit.Seconds, burst),
    ];

    /// <inheritdoc />
    public ValueTask<ResponseReason> ApplyAsync(Exchange exchange) => ValueTask.FromResult(Count(exchange));

    private ResponseReason Count(Exchange exchange)
    {
        var client = exchange.Client.Endpoint.Address;
        if (AddressStep.IsIn(policy.Exempt, client))
        {
            return ResponseReason.Forwarded;
        }

        if (policy.Connections > 0)
        {
            if (services.Connections.TryEnter(ingress, client, policy.Connections) is not { } place)
            {
                exchange.Reply.Status = policy.ConnectionStatus;
                return ResponseReason.ConnectionLimited;
            }

            exchange.Hold(place);
        }

        foreach (var rate in _rates)
        {
            if (!services.Rates.Find(rate).TryTake(client))
            {
                exchange.Reply.Status = policy.RequestStatus;
                return ResponseReason.RateLimited;
            }
        }

        return ResponseReason.Forwarded;
    }
}
