namespace EdgeProxy.Model.Policies;

/// <summary>An unconditional <c>return</c> of a translated snippet: every request gets this answer.</summary>
/// <param name="Status">200 to 599.</param>
/// <param name="Location">With a status that redirects; else null.</param>
public sealed record ReturnPolicy(int Status, RequestTemplate? Location);
