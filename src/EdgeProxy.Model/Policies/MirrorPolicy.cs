namespace EdgeProxy.Model.Policies;

/// <summary>Copies of requests go somewhere else, and nobody waits for what comes of them.</summary>
/// <param name="Target">http or https URL, without the variable at its end.</param>
/// <param name="AddsRequestUri">The request's target follows (<c>$request_uri</c>).</param>
/// <param name="Host">Host of the copies.</param>
/// <param name="CopiesBody">Bodies are copied too.</param>
public sealed record MirrorPolicy(string Target, bool AddsRequestUri, string Host, bool CopiesBody);
