namespace EdgeProxy.Model.Policies;

/// <summary>Every request is answered with one Location, exactly as written.</summary>
/// <param name="Location">An http or https URL, or a path.</param>
/// <param name="Status">300 to 308.</param>
public sealed record RedirectPolicy(string Location, int Status);
