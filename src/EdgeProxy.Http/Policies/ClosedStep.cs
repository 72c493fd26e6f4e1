namespace EdgeProxy.Http.Policies;

/// <summary>An annotation that restricts access cannot be honoured: nobody gets in.</summary>
internal sealed class ClosedStep : IRequestStep
{
    /// <inheritdoc />
    public ValueTask<ResponseReason> ApplyAsync(Exchange exchange) => ValueTask.FromResult(ResponseReason.Closed);
}
