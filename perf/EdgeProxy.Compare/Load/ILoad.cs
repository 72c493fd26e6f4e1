namespace EdgeProxy.Compare.Load;

/// <summary>A load generator as the one who measures sees it.</summary>
internal interface ILoad : IAsyncDisposable
{
    /// <summary>Returns when answers come and the first excitement is over.</summary>
    Task WarmUpAsync(CancellationToken cancel);

    Task<LoadReading> MeasureAsync(TimeSpan length, CancellationToken cancel);
}
