using System.Collections.Immutable;
using System.Text;

namespace EdgeProxy.Model.Scheduling;

/// <summary>
/// <c>rendezvous</c>: each backend scores each client, the highest score wins. Weights other than 0 play no role. Removing a backend moves only
/// its own clients; a pick looks at every candidate.
/// </summary>
/// <remarks>D. Thaler and C. Ravishankar, highest random weight hashing (1998).</remarks>
public sealed class Rendezvous : Scheduler
{
    private readonly byte[][] _suffixes;

    /// <summary>Writes down what is hashed of each.</summary>
    public Rendezvous(ImmutableArray<Backend> candidates)
        : base(candidates) => _suffixes = [.. candidates.Select(backend => Encoding.UTF8.GetBytes($"|{backend.Address}"))];

    /// <inheritdoc />
    public override Backend? Pick(in Arrival arrival)
    {
        // An address, the bar, and an address with brackets and port.
        Span<byte> text = stackalloc byte[(2 * ClientText.MaxLength) + 9];
        var length = ClientText.Write(arrival.Client.Address, text);
        Backend? winner = null;
        var highest = 0UL;
        for (var i = 0; i < _suffixes.Length; i++)
        {
            if (!arrival.Allows(Candidates[i]))
            {
                continue;
            }

            _suffixes[i].CopyTo(text[length..]);
            var score = XxHash64.Hash(text[..(length + _suffixes[i].Length)]);
            if (winner is null || score > highest)
            {
                (winner, highest) = (Candidates[i], score);
            }
        }

        return winner;
    }

    internal override Scheduler Follow(ImmutableArray<Backend> candidates) => new Rendezvous(candidates);
}
