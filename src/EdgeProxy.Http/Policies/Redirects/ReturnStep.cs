using EdgeProxy.Model.Policies;

namespace EdgeProxy.Http.Policies.Redirects;

/// <summary>A translated snippet's unconditional <c>return</c>.</summary>
internal sealed class ReturnStep(ReturnPolicy policy) : IRequestStep
{
    /// <inheritdoc />
    public ValueTask<ResponseReason> ApplyAsync(Exchange exchange)
    {
        exchange.Reply.Status = policy.Status;
        if (policy.Location is { } location)
        {
            exchange.Reply.Headers.Location = TemplateText.Of(location, exchange);
        }

        return ValueTask.FromResult(policy.Location is null ? ResponseReason.Returned : ResponseReason.Redirect);
    }
}
