namespace EdgeProxy.Transport.Tcp;

/// <summary>Whether a direction moves bulk, judged by the size of its reads: two large ones in a row say yes, eight small ones in a row no.</summary>
/// <remarks>
/// Splicing a large read costs half of copying it, a small one more (three system calls and page references instead of two and a short
/// copy). Turning back is slower than turning, because a fast loop also finds little now and then when the stream is bulk.
/// </remarks>
internal struct BulkGauge(bool isBulk)
{
    private const int LargeReadsToTurn = 2;
    private const int SmallReadsToTurnBack = 8;

    private int _against;

    public bool IsBulk { get; private set; } = isBulk;

    public void Note(bool isLarge)
    {
        if (isLarge == IsBulk)
        {
            _against = 0;
            return;
        }

        _against++;
        if (_against == (IsBulk ? SmallReadsToTurnBack : LargeReadsToTurn))
        {
            IsBulk = isLarge;
            _against = 0;
        }
    }
}
