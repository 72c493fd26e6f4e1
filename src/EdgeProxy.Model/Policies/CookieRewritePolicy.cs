namespace EdgeProxy.Model.Policies;

/// <summary>Annotations proxy-cookie-domain and proxy-cookie-path: attributes of the endpoint's cookies. Null: left alone.</summary>
/// <param name="Domain">Replaces Domain where it is <c>From</c>; case and a leading dot do not matter.</param>
/// <param name="Path">Replaces <c>From</c> at the start of Path.</param>
public sealed record CookieRewritePolicy(TextReplacement? Domain, TextReplacement? Path);

/// <summary>One text in place of another.</summary>
/// <param name="From">What is looked for; not empty.</param>
/// <param name="To">What takes its place.</param>
public sealed record TextReplacement(string From, string To);
