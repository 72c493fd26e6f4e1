using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net.Security;

namespace EdgeProxy.Model.Certificates;

/// <summary>Cipher suites of TLS 1.2 by their OpenSSL names, in order of preference. Those of TLS 1.3 are always there and never named.</summary>
/// <remarks>One instance a list: what is derived from it is cached by reference.</remarks>
public sealed class CipherList
{
    private static readonly FrozenDictionary<string, TlsCipherSuite> ByName = new Dictionary<string, TlsCipherSuite>
    {
        ["ECDHE-ECDSA-AES128-GCM-SHA256"] = TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        ["ECDHE-RSA-AES128-GCM-SHA256"] = TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        ["ECDHE-ECDSA-AES256-GCM-SHA384"] = TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        ["ECDHE-RSA-AES256-GCM-SHA384"] = TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        ["ECDHE-ECDSA-CHACHA20-POLY1305"] = TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        ["ECDHE-RSA-CHACHA20-POLY1305"] = TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        ["DHE-RSA-AES128-GCM-SHA256"] = TlsCipherSuite.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256,
        ["DHE-RSA-AES256-GCM-SHA384"] = TlsCipherSuite.TLS_DHE_RSA_WITH_AES_256_GCM_SHA384,
        ["DHE-RSA-CHACHA20-POLY1305"] = TlsCipherSuite.TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        ["ECDHE-ECDSA-AES128-SHA256"] = TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
        ["ECDHE-RSA-AES128-SHA256"] = TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
        ["ECDHE-ECDSA-AES256-SHA384"] = TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384,
        ["ECDHE-RSA-AES256-SHA384"] = TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384,
        ["ECDHE-ECDSA-AES128-SHA"] = TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
        ["ECDHE-RSA-AES128-SHA"] = TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
        ["ECDHE-ECDSA-AES256-SHA"] = TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
        ["ECDHE-RSA-AES256-SHA"] = TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
        ["DHE-RSA-AES128-SHA256"] = TlsCipherSuite.TLS_DHE_RSA_WITH_AES_128_CBC_SHA256,
        ["DHE-RSA-AES256-SHA256"] = TlsCipherSuite.TLS_DHE_RSA_WITH_AES_256_CBC_SHA256,
        ["AES128-GCM-SHA256"] = TlsCipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256,
        ["AES256-GCM-SHA384"] = TlsCipherSuite.TLS_RSA_WITH_AES_256_GCM_SHA384,
        ["AES128-SHA256"] = TlsCipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA256,
        ["AES256-SHA256"] = TlsCipherSuite.TLS_RSA_WITH_AES_256_CBC_SHA256,
        ["AES128-SHA"] = TlsCipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA,
        ["AES256-SHA"] = TlsCipherSuite.TLS_RSA_WITH_AES_256_CBC_SHA,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenSet<string> Tls13 =
        new[] { "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256" }.ToFrozenSet(StringComparer.Ordinal);

    private CipherList(ImmutableArray<TlsCipherSuite> suites) => Suites = suites;

    /// <summary>The suites, TLS 1.3's first.</summary>
    public ImmutableArray<TlsCipherSuite> Suites { get; }

    /// <summary>
    /// Reads an OpenSSL cipher list: names divided by colons; <c>!NAME</c> and <c>-NAME</c> take one out. Words for whole classes (<c>HIGH</c>) are not
    /// known, except behind an exclamation mark, where they have nothing to take out of a list of names.
    /// </summary>
    /// <param name="text">The list.</param>
    /// <param name="unknown">What was left out.</param>
    /// <returns>Null when nothing is left.</returns>
    public static CipherList? Parse(string text, out ImmutableArray<string> unknown)
    {
        var suites = new List<TlsCipherSuite>();
        var strangers = ImmutableArray.CreateBuilder<string>();
        foreach (var word in text.Split([':', ',', ' '], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var excludes = word[0] is '!' or '-';
            var name = excludes ? word[1..] : word;
            if (ByName.TryGetValue(name, out var suite))
            {
                suites.Remove(suite);
                if (!excludes)
                {
                    suites.Add(suite);
                }
            }
            else if (!excludes && !Tls13.Contains(name))
            {
                strangers.Add(word);
            }
        }

        unknown = strangers.ToImmutable();
        return suites.Count == 0
            ? null
            : new CipherList(
            [
                TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256, TlsCipherSuite.TLS_AES_128_GCM_SHA256, .. suites,
            ]);
    }
}
