using System.Text;

namespace EdgeProxy.Http.Policies.BasicAuth;

/// <summary>The base64 of crypt(3): least significant six bits first, and an alphabet of its own.</summary>
internal static class CryptBase64
{
    private const string Alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>Writes 24 bits, or what <paramref name="count"/> characters hold of them.</summary>
    public static void Append(StringBuilder text, byte high, byte middle, byte low, int count = 4)
    {
        var bits = (high << 16) | (middle << 8) | low;
        for (; count > 0; count--, bits >>= 6)
        {
            text.Append(Alphabet[bits & 63]);
        }
    }
}
