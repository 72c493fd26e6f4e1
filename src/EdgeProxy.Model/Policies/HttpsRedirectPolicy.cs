namespace EdgeProxy.Model.Policies;

/// <summary>How the redirect to https is spelled where an Ingress asks for something else than the usual.</summary>
/// <param name="CutsTrailingSlash">A slash at the end is cut off (preserve-trailing-slash: "false").</param>
/// <param name="CarriesPort">The port is written even when it is 443 (use-port-in-redirects).</param>
public sealed record HttpsRedirectPolicy(bool CutsTrailingSlash, bool CarriesPort);
