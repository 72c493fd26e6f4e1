namespace EdgeProxy.Kubernetes.Writing;

/// <summary>Allows bursts, and a rate in the long run. Not thread-safe.</summary>
/// <param name="perSecond">Tokens that come back in a second.</param>
/// <param name="burst">The most there are, and how many there are at first.</param>
/// <param name="time">The clock.</param>
internal sealed class TokenBucket(double perSecond, int burst, TimeProvider time)
{
    private double _tokens = burst;
    private long _filledAt = time.GetTimestamp();

    /// <summary>True when all is as at first: nobody would notice if the bucket were made anew.</summary>
    public bool IsFull
    {
        get
        {
            Fill();
            return _tokens >= burst;
        }
    }

    /// <summary>Takes a token; false when there is none.</summary>
    public bool TryTake()
    {
        Fill();
        if (_tokens < 1)
        {
            return false;
        }

        _tokens--;
        return true;
    }

    private void Fill()
    {
        var now = time.GetTimestamp();
        _tokens = Math.Min(burst, _tokens + (time.GetElapsedTime(_filledAt, now).TotalSeconds * perSecond));
        _filledAt = now;
    }
}
