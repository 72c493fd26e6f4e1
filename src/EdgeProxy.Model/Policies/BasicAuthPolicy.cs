using System.Collections.Frozen;

namespace EdgeProxy.Model.Policies;

/// <summary>HTTP Basic authentication (RFC 7617).</summary>
/// <param name="Realm">What the browser shows; visible ASCII and spaces without quote or backslash.</param>
/// <param name="Users">Who may, and the hash of the password. Never to be logged.</param>
public sealed record BasicAuthPolicy(string Realm, FrozenDictionary<string, PasswordHash> Users);
