using EdgeProxy.Kubernetes.ControlPlane;

namespace EdgeProxy.Demo.Workloads;

/// <summary>Name parts as Kubernetes generates them, but the same ones for the same text every time.</summary>
internal static class GeneratedNames
{
    // The alphabet of generated Kubernetes names (apimachinery util/rand): no vowels and no 0, 1, 3, so no words by accident.
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";

    /// <summary>A short name part, five characters as Kubernetes gives its pods.</summary>
    public static string Part(string text) => string.Create(5, StableHash.Of(text), static (part, rest) =>
    {
        for (var i = 0; i < part.Length; i++)
        {
            part[i] = Alphabet[(int)(rest % (uint)Alphabet.Length)];
            rest /= (uint)Alphabet.Length;
        }
    });
}
