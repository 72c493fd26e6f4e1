using System.Text;

namespace EdgeProxy.Demo.Workloads;

/// <summary>FNV-1a: the same number for the same text in every process, which <see cref="string.GetHashCode()"/> does not promise.</summary>
internal static class StableHash
{
    // The alphabet of generated Kubernetes names (apimachinery util/rand): no vowels and no 0, 1, 3, so no words by accident.
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";

    public static uint Of(string text)
    {
        var hash = 2166136261u;
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ octet) * 16777619u;
        }

        return hash;
    }

    /// <summary>A short name part, five characters as Kubernetes gives its pods.</summary>
    public static string NamePart(string text)
    {
        var rest = Of(text);
        return string.Create(5, rest, static (part, rest) =>
        {
            for (var i = 0; i < part.Length; i++)
            {
                part[i] = Alphabet[(int)(rest % (uint)Alphabet.Length)];
                rest /= (uint)Alphabet.Length;
            }
        });
    }
}
