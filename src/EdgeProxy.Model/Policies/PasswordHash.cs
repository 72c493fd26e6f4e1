using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace EdgeProxy.Model.Policies;

/// <summary>How a password is stored; the names are those of htpasswd(1) and crypt(5).</summary>
public enum PasswordScheme
{
    /// <summary><c>{PLAIN}</c>: as it is.</summary>
    Plain,

    /// <summary><c>{SHA}</c>: SHA-1 without salt, base64.</summary>
    Sha,

    /// <summary><c>{SSHA}</c>: SHA-1 of password and salt, base64 of digest and salt.</summary>
    SaltedSha,

    /// <summary><c>$apr1$</c>: Apache's MD5, what htpasswd makes by default.</summary>
    Apr1,

    /// <summary><c>$1$</c>: MD5 crypt.</summary>
    Md5Crypt,

    /// <summary><c>$5$</c>: SHA-256 crypt.</summary>
    Sha256Crypt,

    /// <summary><c>$6$</c>: SHA-512 crypt.</summary>
    Sha512Crypt,

    /// <summary><c>$2a$</c>, <c>$2b$</c>, <c>$2y$</c>: bcrypt.</summary>
    Bcrypt,
}

/// <summary>A stored password as an htpasswd file has it, recognised but not yet compared with anything. Its text is a secret.</summary>
public sealed class PasswordHash
{
    /// <summary>Most that bcrypt may cost, as a power of two: each step doubles the time, and seconds a try are a way to stop the proxy.</summary>
    public const int MaxBcryptCost = 14;

    /// <summary>Most rounds of SHA crypt; the default of crypt(5) is 5,000.</summary>
    public const int MaxShaCryptRounds = 500_000;

    private static readonly (string Prefix, PasswordScheme Scheme)[] Schemes =
    [
        ("{PLAIN}", PasswordScheme.Plain), ("{SHA}", PasswordScheme.Sha), ("{SSHA}", PasswordScheme.SaltedSha),
        ("$apr1$", PasswordScheme.Apr1), ("$1$", PasswordScheme.Md5Crypt), ("$5$", PasswordScheme.Sha256Crypt),
        ("$6$", PasswordScheme.Sha512Crypt), ("$2a$", PasswordScheme.Bcrypt), ("$2b$", PasswordScheme.Bcrypt), ("$2y$", PasswordScheme.Bcrypt),
    ];

    private PasswordHash(PasswordScheme scheme, string text)
    {
        Scheme = scheme;
        Text = text;
    }

    /// <summary>How it is stored.</summary>
    public PasswordScheme Scheme { get; }

    /// <summary>The whole text, prefix included.</summary>
    public string Text { get; }

    /// <summary>True when comparing costs milliseconds on purpose.</summary>
    public bool IsSlow => Scheme is not (PasswordScheme.Plain or PasswordScheme.Sha or PasswordScheme.SaltedSha);

    /// <summary>Reads one; false for a kind that is not supported, such as DES crypt, and for one that costs too much.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out PasswordHash? hash)
    {
        hash = null;
        foreach (var (prefix, scheme) in Schemes)
        {
            if (text.StartsWith(prefix, StringComparison.Ordinal) && IsAffordable(scheme, text))
            {
                hash = new PasswordHash(scheme, text);
                return true;
            }
        }

        return false;
    }

    /// <summary>Says the scheme and nothing else.</summary>
    public override string ToString() => Scheme.ToString();

    private static bool IsAffordable(PasswordScheme scheme, string text) => scheme switch
    {
        PasswordScheme.Bcrypt => text.Length == 60 && text[6] == '$'
            && int.TryParse(text.AsSpan(4, 2), NumberStyles.None, CultureInfo.InvariantCulture, out var cost) && cost is >= 4 and <= MaxBcryptCost,
        PasswordScheme.Sha256Crypt or PasswordScheme.Sha512Crypt => RoundsOf(text) <= MaxShaCryptRounds,
        _ => true,
    };

    /// <summary>Of <c>$5$rounds=N$</c>; 5,000 when it is not said.</summary>
    private static long RoundsOf(string text)
    {
        const string Rounds = "rounds=";
        var rest = text.AsSpan(3);
        if (!rest.StartsWith(Rounds, StringComparison.Ordinal))
        {
            return 5_000;
        }

        rest = rest[Rounds.Length..];
        var end = rest.IndexOf('$');
        return end > 0 && long.TryParse(rest[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) ? rounds : long.MaxValue;
    }
}
