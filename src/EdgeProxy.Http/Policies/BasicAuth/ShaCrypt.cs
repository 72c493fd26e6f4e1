using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace EdgeProxy.Http.Policies.BasicAuth;

/// <summary>Ulrich Drepper's SHA crypt (<c>$5$</c>, <c>$6$</c>), "Unix crypt using SHA-256 and SHA-512"; the steps are numbered as there.</summary>
internal static class ShaCrypt
{
    private const string Rounds = "rounds=";
    private const int MaxSalt = 16;

    /// <summary>The stored form of a password, with the salt and the rounds of <paramref name="stored"/>.</summary>
    public static string Hash(ReadOnlySpan<byte> password, string stored, HashAlgorithmName algorithm)
    {
        var (prefix, rounds, saltText) = Parse(stored);
        var salt = Encoding.UTF8.GetBytes(saltText);
        using var hash = IncrementalHash.CreateHash(algorithm);

        // 4–8
        hash.AppendData(password);
        hash.AppendData(salt);
        hash.AppendData(password);
        var b = hash.GetHashAndReset();

        // 1–3, 9–12
        hash.AppendData(password);
        hash.AppendData(salt);
        hash.AppendData(Repeated(b, password.Length));
        for (var bits = password.Length; bits != 0; bits >>= 1)
        {
            hash.AppendData((bits & 1) != 0 ? b : password);
        }

        var a = hash.GetHashAndReset();

        // 13–16
        for (var i = 0; i < password.Length; i++)
        {
            hash.AppendData(password);
        }

        var p = Repeated(hash.GetHashAndReset(), password.Length);

        // 17–20
        for (var i = 0; i < 16 + a[0]; i++)
        {
            hash.AppendData(salt);
        }

        var s = Repeated(hash.GetHashAndReset(), salt.Length);

        // 21
        for (var round = 0; round < rounds; round++)
        {
            hash.AppendData((round & 1) != 0 ? p : a);
            hash.AppendData(round % 3 != 0 ? s : []);
            hash.AppendData(round % 7 != 0 ? p : []);
            hash.AppendData((round & 1) != 0 ? a : p);
            hash.GetHashAndReset(a);
        }

        // 22
        var text = new StringBuilder(prefix).Append(saltText).Append('$');
        Encode(text, a);
        return text.ToString();
    }

    private static (string Prefix, int Rounds, string Salt) Parse(string stored)
    {
        var prefix = stored[..3];
        var rest = stored[3..];
        var rounds = 5000;
        if (rest.StartsWith(Rounds, StringComparison.Ordinal))
        {
            // Bounded above where the hash was read (PasswordHash).
            var end = rest.IndexOf('$', StringComparison.Ordinal);
            rounds = Math.Max(1000, int.Parse(rest.AsSpan(Rounds.Length, end - Rounds.Length), NumberStyles.None, CultureInfo.InvariantCulture));
            prefix += string.Create(CultureInfo.InvariantCulture, $"{Rounds}{rounds}$");
            rest = rest[(end + 1)..];
        }

        var dollar = rest.IndexOf('$', StringComparison.Ordinal);
        return (prefix, rounds, rest[..Math.Min(dollar < 0 ? rest.Length : dollar, MaxSalt)]);
    }

    private static byte[] Repeated(byte[] digest, int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = digest[i % digest.Length];
        }

        return bytes;
    }

    /// <summary>The bytes in the order the format has them: each group is the one before, moved on by one and turned.</summary>
    private static void Encode(StringBuilder text, byte[] digest)
    {
        var isSha256 = digest.Length == 32;
        var third = digest.Length / 3;
        var (x, y, z) = (0, third, 2 * third);
        for (var i = 0; i < third; i++)
        {
            CryptBase64.Append(text, digest[x], digest[y], digest[z]);
            (x, y, z) = isSha256 ? (z + 1, x + 1, y + 1) : (y + 1, z + 1, x + 1);
        }

        if (isSha256)
        {
            CryptBase64.Append(text, 0, digest[31], digest[30], count: 3);
        }
        else
        {
            CryptBase64.Append(text, 0, 0, digest[63], count: 2);
        }
    }
}
