using System.Text;
using EdgeProxy.Model.Routing;

namespace EdgeProxy.Http.FastLane;

/// <summary>Host headers of late and what they are matched as: most requests name a host that was named before, and then no text is made.</summary>
internal sealed class HostNameCache
{
    private const int Size = 4096; // a power of two
    private const int MaxLength = 260; // a name with its port

    private readonly (byte[] Header, string Name)[] _entries = new (byte[], string)[Size];

    /// <summary>The value of a Host header, normalised (<see cref="HostName"/>).</summary>
    public string Find(ReadOnlySpan<byte> header)
    {
        if (header.Length > MaxLength)
        {
            return HostName.Normalize(Encoding.Latin1.GetString(header));
        }

        ref var entry = ref _entries[Hash(header) & (Size - 1)];
        if (entry.Header is null || !header.SequenceEqual(entry.Header))
        {
            entry = (header.ToArray(), HostName.Normalize(Encoding.Latin1.GetString(header)));
        }

        return entry.Name;
    }

    // FNV-1a. Who makes others collide gains nothing but work for his own requests.
    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = 2166136261u;
        foreach (var value in bytes)
        {
            hash = (hash ^ value) * 16777619u;
        }

        return hash ^ (hash >> 16);
    }
}
