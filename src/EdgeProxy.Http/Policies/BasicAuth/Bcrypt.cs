using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace EdgeProxy.Http.Policies.BasicAuth;

/// <summary>
/// bcrypt (Provos and Mazières, "A Future-Adaptable Password Scheme", 1999): Blowfish with a key schedule that is expensive on purpose.
/// </summary>
/// <remarks>Of a password the first 72 bytes count. <c>$2a$</c>, <c>$2b$</c> and <c>$2y$</c> are one: they differ in bugs that are not here.</remarks>
internal sealed class Bcrypt
{
    private const string Alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const int Subkeys = 18;
    private const int MaxPassword = 72;
    private const int SaltLength = 16;
    private const int SettingLength = 29; // $2y$10$ and 22 characters of salt

    private static readonly Lazy<uint[]> Start = new(() => PiDigits.Fraction(Subkeys + (4 * 256)));
    private readonly uint[] _p = Start.Value[..Subkeys];
    private readonly uint[] _s = Start.Value[Subkeys..];

    private Bcrypt()
    {
    }

    /// <summary>The stored form of a password, with the cost and the salt of <paramref name="stored"/>; empty when the salt is damaged.</summary>
    public static string Hash(ReadOnlySpan<byte> password, string stored)
    {
        if (Decode(stored.AsSpan(7, SettingLength - 7)) is not { } salt)
        {
            return "";
        }

        byte[] key = [.. password[..Math.Min(password.Length, MaxPassword)], 0];
        if (key.Length > MaxPassword)
        {
            key = key[..MaxPassword];
        }

        var cipher = new Bcrypt();
        cipher.Expand(key, salt);
        byte[] nothing = new byte[SaltLength];
        for (var round = 1L << int.Parse(stored.AsSpan(4, 2), CultureInfo.InvariantCulture); round > 0; round--)
        {
            cipher.Expand(key, nothing);
            cipher.Expand(salt, nothing);
        }

        var text = "OrpheanBeholderScryDoubt"u8.ToArray();
        for (var i = 0; i < text.Length; i += 8)
        {
            var left = BinaryPrimitives.ReadUInt32BigEndian(text.AsSpan(i));
            var right = BinaryPrimitives.ReadUInt32BigEndian(text.AsSpan(i + 4));
            for (var round = 0; round < 64; round++)
            {
                cipher.Encipher(ref left, ref right);
            }

            BinaryPrimitives.WriteUInt32BigEndian(text.AsSpan(i), left);
            BinaryPrimitives.WriteUInt32BigEndian(text.AsSpan(i + 4), right);
        }

        // The format drops the last of 24 bytes.
        return stored[..SettingLength] + Encode(text.AsSpan(0, 23));
    }

    private void Expand(byte[] key, byte[] salt)
    {
        var at = 0;
        for (var i = 0; i < _p.Length; i++)
        {
            _p[i] ^= Next(key, ref at);
        }

        at = 0;
        uint left = 0;
        uint right = 0;
        Fill(_p, salt, ref at, ref left, ref right);
        Fill(_s, salt, ref at, ref left, ref right);
    }

    private void Fill(uint[] table, byte[] salt, ref int at, ref uint left, ref uint right)
    {
        for (var i = 0; i < table.Length; i += 2)
        {
            left ^= Next(salt, ref at);
            right ^= Next(salt, ref at);
            Encipher(ref left, ref right);
            table[i] = left;
            table[i + 1] = right;
        }
    }

    private void Encipher(ref uint left, ref uint right)
    {
        var (l, r) = (left ^ _p[0], right);
        for (var round = 1; round <= 16; round += 2)
        {
            r ^= Mix(l) ^ _p[round];
            l ^= Mix(r) ^ _p[round + 1];
        }

        (left, right) = (r ^ _p[17], l);
    }

    private uint Mix(uint x) => ((_s[x >> 24] + _s[256 + ((x >> 16) & 255)]) ^ _s[512 + ((x >> 8) & 255)]) + _s[768 + (x & 255)];

    /// <summary>Four bytes, going round the key for ever.</summary>
    private static uint Next(byte[] key, ref int at)
    {
        uint word = 0;
        for (var i = 0; i < 4; i++)
        {
            word = (word << 8) | key[at];
            at = at + 1 == key.Length ? 0 : at + 1;
        }

        return word;
    }

    private static byte[]? Decode(ReadOnlySpan<char> text)
    {
        var bytes = new byte[SaltLength];
        var (bits, count, length) = (0, 0, 0);
        foreach (var c in text)
        {
            var value = Alphabet.IndexOf(c, StringComparison.Ordinal);
            if (value < 0)
            {
                return null;
            }

            bits = (bits << 6) | value;
            count += 6;
            if (count >= 8 && length < bytes.Length)
            {
                count -= 8;
                bytes[length++] = (byte)(bits >> count);
            }
        }

        return bytes;
    }

    private static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        var (bits, count) = (0, 0);
        foreach (var b in bytes)
        {
            bits = (bits << 8) | b;
            for (count += 8; count >= 6;)
            {
                count -= 6;
                text.Append(Alphabet[(bits >> count) & 63]);
            }
        }

        return count == 0 ? text.ToString() : text.Append(Alphabet[(bits << (6 - count)) & 63]).ToString();
    }
}
