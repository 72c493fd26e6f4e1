namespace EdgeProxy.Model.Scheduling;

/// <summary>What an HTTP request knows about the endpoint it should get, before any scheduler is asked.</summary>
/// <param name="Bound">The endpoint its client is bound to; null: none.</param>
/// <param name="Key">A hash that chooses the endpoint; null: nothing does.</param>
/// <param name="Subset">How many endpoints share a key, at random; 1: one.</param>
public readonly record struct EndpointWish(Backend? Bound, ulong? Key, int Subset = 1)
{
    /// <summary>Nothing is wished: the scheduler decides.</summary>
    public static EndpointWish None => new(Bound: null, Key: null);

    /// <summary>The hash of a text, as <see cref="Key"/>.</summary>
    public static ulong KeyOf(ReadOnlySpan<byte> text) => XxHash64.Hash(text);
}
