using System.Text;
using EdgeProxy.Model.Policies;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http.Policies.BasicAuth;

/// <summary>Annotation auth-type <c>basic</c>: RFC 7617, the password hashed as the Secret has it.</summary>
internal sealed class BasicAuthStep : IRequestStep
{
    // What bcrypt looks at is 72 bytes; more than this is no password, and hashing it would only cost.
    private const int MaxPasswordLength = 512;
    private const string Scheme = "Basic ";

    private readonly BasicAuthPolicy _policy;
    private readonly PasswordChecker _passwords;
    private readonly PasswordHash _decoy;
    private readonly string _challenge;

    public BasicAuthStep(BasicAuthPolicy policy, PasswordChecker passwords)
    {
        _policy = policy;
        _passwords = passwords;
        _decoy = policy.Users.Values.MaxBy(static hash => hash.IsSlow)!; // a policy has users
        _challenge = $"Basic realm=\"{policy.Realm}\"";
    }

    /// <summary>The name in Basic credentials; null when there are none.</summary>
    public static string? UserOf(HttpRequest request) => TryRead(request, out var user, out _) ? user : null;

    /// <inheritdoc />
    public async ValueTask<ResponseReason> ApplyAsync(Exchange exchange)
    {
        if (TryRead(exchange.Http.Request, out var user, out var password) && password.Length <= MaxPasswordLength)
        {
            // Somebody who does not exist takes as long to refuse as a wrong password.
            var exists = _policy.Users.TryGetValue(user, out var hash);
            if (await _passwords.IsRightAsync(user, password, hash ?? _decoy, exchange.Http.RequestAborted) && exists)
            {
                return ResponseReason.Forwarded;
            }
        }

        exchange.Reply.Headers.WWWAuthenticate = _challenge;
        return ResponseReason.AuthRequired;
    }

    private static bool TryRead(HttpRequest request, out string user, out byte[] password)
    {
        user = "";
        password = [];
        var header = request.Headers.Authorization;
        if (header.Count != 1 || header[0] is not { } text || !text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var encoded = text.AsSpan(Scheme.Length).Trim();
        var bytes = new byte[encoded.Length];
        if (!Convert.TryFromBase64Chars(encoded, bytes, out var length))
        {
            return false;
        }

        var colon = bytes.AsSpan(0, length).IndexOf((byte)':');
        if (colon < 0)
        {
            return false;
        }

        user = Encoding.UTF8.GetString(bytes, 0, colon);
        password = bytes[(colon + 1)..length];
        return true;
    }
}
