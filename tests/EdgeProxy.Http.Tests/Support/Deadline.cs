namespace EdgeProxy.Http.Tests.Support;

/// <summary>No test waits for ever.</summary>
internal static class Deadline
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <summary>Cancelled when the test is, or after <see cref="Limit"/>.</summary>
    public static CancellationToken Token
    {
        get
        {
            var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            source.CancelAfter(Limit);
            return source.Token;
        }
    }
}
