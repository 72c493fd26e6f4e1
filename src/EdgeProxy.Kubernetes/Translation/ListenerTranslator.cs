using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Annotations;
using EdgeProxy.Model;
using EdgeProxy.Model.Certificates;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Kubernetes.Translation;

/// <summary>The keys of the controller's ConfigMap that hold for connections and TLS on all hosts. Pure.</summary>
internal static class ListenerTranslator
{
    /// <summary>Translates them. A value that cannot be used counts as absent.</summary>
    /// <param name="configuration">The ConfigMap.</param>
    /// <param name="report">Gets the key and what is wrong with its value.</param>
    public static ListenerPolicy Translate(ImmutableDictionary<string, string> configuration, Action<string, string> report) => new()
    {
        ProxyProtocolFrom = Boolean(configuration, "use-proxy-protocol", report) ? Senders(configuration, report) : [],
        Protocols = TlsVersions.Parse(configuration.GetValueOrDefault("ssl-protocols", ""), problem => report("ssl-protocols", problem))
            ?? ListenerPolicy.Default.Protocols,
        Ciphers = Ciphers(configuration, report),
        RejectsUnknownNames = Boolean(configuration, "ssl-reject-handshake", report),
        StaplesOcsp = Boolean(configuration, "enable-ocsp", report),
    };

    private static bool Boolean(ImmutableDictionary<string, string> configuration, string key, Action<string, string> report)
    {
        if (!configuration.TryGetValue(key, out var text) || text.Length == 0)
        {
            return false;
        }

        if (!GoBoolean.TryParse(text, out var value))
        {
            report(key, $"Invalid value: \"{text}\": must be \"true\" or \"false\"");
        }

        return value;
    }

    /// <summary>proxy-real-ip-cidr; everybody, as ingress-nginx, when it says nothing.</summary>
    private static ImmutableArray<IpPrefix> Senders(ImmutableDictionary<string, string> configuration, Action<string, string> report)
    {
        const string Key = "proxy-real-ip-cidr";
        var text = configuration.GetValueOrDefault(Key) is { Length: > 0 } written ? written : "0.0.0.0/0,::/0";
        var senders = ImmutableArray.CreateBuilder<IpPrefix>();
        foreach (var entry in AnnotationReader.List(text))
        {
            if (IpPrefix.TryParse(entry, out var prefix))
            {
                senders.Add(prefix);
            }
            else if (IpAddr.TryParse(entry, out var address))
            {
                senders.Add(IpPrefix.Of(address));
            }
            else
            {
                report(Key, $"Invalid value: \"{entry}\": must be an address or a CIDR; left out");
            }
        }

        return senders.ToImmutable();
    }

    private static CipherList? Ciphers(ImmutableDictionary<string, string> configuration, Action<string, string> report)
    {
        const string Key = "ssl-ciphers";
        if (configuration.GetValueOrDefault(Key) is not { Length: > 0 } text)
        {
            return null;
        }

        var list = CipherList.Parse(text, out var unknown);
        if (!unknown.IsEmpty)
        {
            report(Key, $"not known, and left out: {string.Join(", ", unknown)}");
        }

        return list;
    }
}
