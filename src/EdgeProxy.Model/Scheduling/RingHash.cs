using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace EdgeProxy.Model.Scheduling;

/// <summary>
/// <c>ring</c>: each backend owns points on a ring, in proportion to its weight; a client belongs to the first point at or after its hash.
/// Removing a backend moves only its own clients.
/// </summary>
/// <remarks>Ketama, as Envoy's RING_HASH; its minimum is 1,024 points in all, here it is 160 for each weight, as libketama.</remarks>
public sealed class RingHash : Scheduler
{
    /// <summary>Points for each unit of weight.</summary>
    public const int DefaultPoints = 160;

    private readonly int _pointsPerWeight;
    private readonly ulong[] _hashes;
    private readonly int[] _owners;

    /// <summary>Places the points.</summary>
    public RingHash(ImmutableArray<Backend> candidates, int pointsPerWeight = DefaultPoints)
        : base(candidates)
    {
        _pointsPerWeight = pointsPerWeight;
        var weights = WeightsOf(candidates);
        var divisor = Math.Max(1, CommonDivisor(weights));

        // A weight of many thousands would make a ring of millions.
        var scale = Math.Max(1, weights.DefaultIfEmpty().Max() / divisor / 64);
        var points = new List<(ulong Hash, int Owner)>();
        for (var i = 0; i < candidates.Length; i++)
        {
            var count = weights[i] == 0 ? 0 : Math.Max(1, weights[i] / divisor / scale) * pointsPerWeight;
            for (var point = 0; point < count; point++)
            {
                var key = string.Create(CultureInfo.InvariantCulture, $"{candidates[i].Address}_{point}");
                points.Add((XxHash64.Hash(Encoding.UTF8.GetBytes(key)), i));
            }
        }

        points.Sort();
        _hashes = [.. points.Select(point => point.Hash)];
        _owners = [.. points.Select(point => point.Owner)];
    }

    /// <summary>The points in order, for tests.</summary>
    internal IEnumerable<(ulong Hash, Backend Owner)> Points => _hashes.Zip(_owners, (hash, owner) => (hash, Candidates[owner]));

    /// <inheritdoc />
    public override Backend? Pick(in Arrival arrival)
    {
        Span<byte> text = stackalloc byte[ClientText.MaxLength];
        var found = Array.BinarySearch(_hashes, XxHash64.Hash(text[..ClientText.Write(arrival.Client.Address, text)]));
        var first = found < 0 ? ~found : found;
        for (var step = 0; step < _owners.Length; step++)
        {
            var backend = Candidates[_owners[(first + step) % _owners.Length]];
            if (arrival.Allows(backend))
            {
                return backend;
            }
        }

        return null;
    }

    internal override Scheduler Follow(ImmutableArray<Backend> candidates) => new RingHash(candidates, _pointsPerWeight);
}
