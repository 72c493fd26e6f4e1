using System.Security.Cryptography;
using System.Text;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Http.Policies.BasicAuth;

/// <summary>Computes what a password hashes to, by the rules of its stored form, and compares in constant time.</summary>
internal static class PasswordVerifier
{
    private const int ShaLength = 20;

    /// <summary>True when <paramref name="password"/> is the one; false also for a stored form that is damaged.</summary>
    public static bool Verify(ReadOnlySpan<byte> password, PasswordHash hash) => hash.Scheme switch
    {
        PasswordScheme.Plain => Same(password, Encoding.UTF8.GetBytes(hash.Text["{PLAIN}".Length..])),
        PasswordScheme.Sha => IsSha(password, hash.Text["{SHA}".Length..], salted: false),
        PasswordScheme.SaltedSha => IsSha(password, hash.Text["{SSHA}".Length..], salted: true),
        PasswordScheme.Apr1 => IsSame(Md5Crypt.Hash(password, hash.Text, "$apr1$"), hash.Text),
        PasswordScheme.Md5Crypt => IsSame(Md5Crypt.Hash(password, hash.Text, "$1$"), hash.Text),
        PasswordScheme.Sha256Crypt => IsSame(ShaCrypt.Hash(password, hash.Text, HashAlgorithmName.SHA256), hash.Text),
        PasswordScheme.Sha512Crypt => IsSame(ShaCrypt.Hash(password, hash.Text, HashAlgorithmName.SHA512), hash.Text),
        PasswordScheme.Bcrypt => IsSame(Bcrypt.Hash(password, hash.Text), hash.Text),
        _ => false,
    };

    private static bool IsSha(ReadOnlySpan<byte> password, string base64, bool salted)
    {
        var stored = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, stored, out var length) || length < ShaLength || (length > ShaLength && !salted))
        {
            return false;
        }

        byte[] input = [.. password, .. stored.AsSpan(ShaLength..length)];
        return Same(CryptographicOperations.HashData(HashAlgorithmName.SHA1, input), stored.AsSpan(0, ShaLength));
    }

    private static bool IsSame(string computed, string stored) => Same(Encoding.UTF8.GetBytes(computed), Encoding.UTF8.GetBytes(stored));

    // Digests of both, since FixedTimeEquals gives lengths away and a {PLAIN} password's is one.
    private static bool Same(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(left), SHA256.HashData(right));
}
