using System.Security.Authentication;

namespace EdgeProxy.Kubernetes.Translation;

/// <summary>Reads ssl-protocols: <c>TLSv1.2</c> and <c>TLSv1.3</c>, divided by spaces or commas.</summary>
internal static class TlsVersions
{
    /// <summary>The versions; null when there is none that is spoken.</summary>
    /// <param name="text">The value.</param>
    /// <param name="report">Gets what is wrong with a word; the others hold.</param>
    public static SslProtocols? Parse(string text, Action<string> report)
    {
        var versions = SslProtocols.None;
        foreach (var word in text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries))
        {
#pragma warning disable CA5398 // Named by the user.
            SslProtocols? version = word switch { "TLSv1.2" => SslProtocols.Tls12, "TLSv1.3" => SslProtocols.Tls13, _ => null };
#pragma warning restore CA5398
            versions |= version ?? SslProtocols.None;
            if (version is null)
            {
                report($"Unsupported value: \"{word}\": only TLSv1.2 and TLSv1.3 are spoken");
            }
        }

        return versions == SslProtocols.None ? null : versions;
    }
}
