using System.Security.Cryptography;
using System.Text;

namespace EdgeProxy.Http.Policies.BasicAuth;

/// <summary>Poul-Henning Kamp's MD5 crypt of FreeBSD (<c>$1$</c>), and Apache's form of it (<c>$apr1$</c>), which differs in that word alone.</summary>
internal static class Md5Crypt
{
    private const int MaxSalt = 8;

    /// <summary>The stored form of a password, with the salt of <paramref name="stored"/>.</summary>
    public static string Hash(ReadOnlySpan<byte> password, string stored, string magic)
    {
        var rest = stored.AsSpan(magic.Length);
        var end = rest.IndexOf('$');
        var saltText = rest[..Math.Min(end < 0 ? rest.Length : end, MaxSalt)];
        var salt = Encoding.UTF8.GetBytes(saltText.ToString());
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);

        md5.AppendData(password);
        md5.AppendData(salt);
        md5.AppendData(password);
        var digest = md5.GetHashAndReset();

        md5.AppendData(password);
        md5.AppendData(Encoding.ASCII.GetBytes(magic));
        md5.AppendData(salt);
        for (var left = password.Length; left > 0; left -= 16)
        {
            md5.AppendData(digest.AsSpan(0, Math.Min(16, left)));
        }

        // An accident of 1994 that became the format: for a set bit a NUL, for a clear one the first character.
        for (var bits = password.Length; bits != 0; bits >>= 1)
        {
            md5.AppendData((bits & 1) != 0 ? [0] : password[..1]);
        }

        digest = md5.GetHashAndReset();
        for (var round = 0; round < 1000; round++)
        {
            md5.AppendData((round & 1) != 0 ? password : digest);
            md5.AppendData(round % 3 != 0 ? salt : []);
            md5.AppendData(round % 7 != 0 ? password : []);
            md5.AppendData((round & 1) != 0 ? digest : password);
            digest = md5.GetHashAndReset();
        }

        var text = new StringBuilder(magic).Append(saltText).Append('$');
        for (var i = 0; i < 5; i++)
        {
            CryptBase64.Append(text, digest[i], digest[i + 6], digest[i == 4 ? 5 : i + 12]);
        }

        CryptBase64.Append(text, 0, 0, digest[11], count: 2);
        return text.ToString();
    }
}
