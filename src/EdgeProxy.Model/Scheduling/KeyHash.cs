using System.Collections.Immutable;

namespace EdgeProxy.Model.Scheduling;

/// <summary>
/// A key that is not the client's address chooses among backends: each scores the key, the highest wins. Nothing is built beforehand, and a
/// backend that goes moves only its own keys.
/// </summary>
/// <remarks>Rendezvous hashing, see <see cref="Rendezvous"/>. Weights other than 0 play no role.</remarks>
internal static class KeyHash
{
    /// <summary>The backend for <paramref name="key"/>, one at random of the <paramref name="subset"/> highest; null when none may be picked.</summary>
    public static Backend? Pick(ImmutableArray<Backend> candidates, ulong key, int subset, in Arrival arrival)
    {
        var rank = subset > 1 ? Random.Shared.Next(subset) : 0;
        Backend? chosen = null;
        var ceiling = ulong.MaxValue;
        for (var i = 0; i <= rank && Highest(candidates, key, ceiling, arrival) is { } best; i++)
        {
            (chosen, ceiling) = best;
        }

        return chosen;
    }

    private static (Backend Backend, ulong Score)? Highest(ImmutableArray<Backend> candidates, ulong key, ulong below, in Arrival arrival)
    {
        (Backend Backend, ulong Score)? highest = null;
        Span<byte> pair = stackalloc byte[2 * sizeof(ulong)];
        BitConverter.TryWriteBytes(pair, key);
        foreach (var backend in candidates.AsSpan())
        {
            if (!arrival.Allows(backend))
            {
                continue;
            }

            BitConverter.TryWriteBytes(pair[sizeof(ulong)..], backend.AddressHash);
            var score = XxHash64.Hash(pair);
            if (score < below && (highest is null || score > highest.Value.Score))
            {
                highest = (backend, score);
            }
        }

        return highest;
    }
}
