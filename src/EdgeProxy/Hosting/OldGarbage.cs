namespace EdgeProxy.Hosting;

/// <summary>
/// Keeps memory flat while objects change. What is replaced has lived for long, so it is garbage of the oldest generation, and of that the collector lets
/// four fifths of what is alive gather before it looks: at 10,000 Services, Ingresses and 50 changes a second another 150 MiB.
/// Not thread-safe.
/// </summary>
internal sealed class OldGarbage
{
    /// <summary>How much of it may gather, as a share of what was there after the last collection.</summary>
    private const double MostGrowth = 0.1;

    /// <summary>Less than this is not worth the time it takes to look at everything that is alive.</summary>
    private const long LeastGrowth = 16 << 20;

    private int _collections = -1;
    private long _left;

    /// <summary>Collects in the background, without moving anything, when enough has gathered. To be called now and then.</summary>
    public void CollectIfGrown()
    {
        var (collections, now) = (GC.CollectionCount(GC.MaxGeneration), GC.GetTotalMemory(forceFullCollection: false));
        if (collections != _collections)
        {
            (_collections, _left) = (collections, now);
        }
        else if (now - _left > Math.Max(_left * MostGrowth, LeastGrowth))
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false, compacting: false);
        }
    }
}
