using System.Numerics;

namespace EdgeProxy.Http.Policies.BasicAuth;

/// <summary>The digits of π that Blowfish starts from: computed, since a table of a thousand numbers could hide a wrong one.</summary>
internal static class PiDigits
{
    private const int Guard = 64; // bits that rounding may spoil

    /// <summary>The first <paramref name="words"/> times 32 bits behind the point.</summary>
    public static uint[] Fraction(int words)
    {
        // Machin 1706: π = 16 arctan(1/5) − 4 arctan(1/239).
        var bits = (words * 32) + Guard;
        var pi = (16 * ArcTangent(5, bits)) - (4 * ArcTangent(239, bits));
        var digits = ((pi - (3 * (BigInteger.One << bits))) >> Guard).ToByteArray(isUnsigned: true, isBigEndian: true);
        var fraction = new uint[words];
        for (var i = 0; i < digits.Length; i++)
        {
            // Leading zeros are not there, so counted from the end.
            var place = (words * 4) - digits.Length + i;
            fraction[place / 4] |= (uint)digits[i] << (24 - (8 * (place % 4)));
        }

        return fraction;
    }

    private static BigInteger ArcTangent(int inverse, int bits)
    {
        var term = (BigInteger.One << bits) / inverse;
        var sum = term;
        var square = inverse * inverse;
        for (var n = 3; !term.IsZero; n += 2)
        {
            term = -term / square;
            sum += term / n;
        }

        return sum;
    }
}
