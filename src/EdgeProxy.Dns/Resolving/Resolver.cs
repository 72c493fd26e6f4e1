using System.Collections.Immutable;
using EdgeProxy.Dns.Wire;
using EdgeProxy.Model;
using EdgeProxy.Model.Discovery;

namespace EdgeProxy.Dns.Resolving;

/// <summary>
/// From a question and a snapshot to an answer: version 1.1.0 of the Kubernetes DNS schema, and what the schema leaves open as CoreDNS has it.
/// Pure.
/// </summary>
/// <remarks>
/// https://github.com/kubernetes/dns/blob/master/docs/specification.md. In one line: NXDOMAIN if neither the name nor anything below it
/// exists, else NOERROR; both carry the SOA when there is no record of the type.
/// </remarks>
internal sealed class Resolver(ZoneOptions options)
{
    private const string SchemaVersion = "1.1.0";
    private const uint SchemaTtl = 28_800;
    private const int MaxAliases = 8;

    private readonly string _suffix = "." + options.Domain;
    private readonly uint _ttl = (uint)options.Ttl.TotalSeconds;

    /// <summary>True for names we answer for; everything else is somebody else's.</summary>
    public bool Owns(string name) => IsWithin(name, options.Domain) || IsWithin(name, ReverseName.IPv4Zone) || IsWithin(name, ReverseName.IPv6Zone);

    /// <summary>Answers a question of class IN; null when the name is not in a zone of ours.</summary>
    /// <param name="name">The name as it was asked; answers repeat it.</param>
    /// <param name="type">The type asked for.</param>
    /// <param name="snapshot">What is served now.</param>
    /// <param name="rotation">Any number; decides which of several records is the first, so that clients that take the first one spread.</param>
    public Answer? Resolve(string name, RecordType type, ProxySnapshot snapshot, int rotation)
    {
        var question = new Question(name, name.ToLowerInvariant(), type, snapshot, rotation);
        if (IsWithin(name, options.Domain))
        {
            return type == RecordType.ANY ? Minimal(question) : Resolve(question, aliases: 0);
        }

        return Owns(name) ? Reverse(question) : null;
    }

    private static bool IsWithin(string name, string zone) =>
        name.EndsWith(zone, StringComparison.OrdinalIgnoreCase) && (name.Length == zone.Length || name[^(zone.Length + 1)] == '.');

    /// <summary>RFC 8482: whoever asks for anything gets something, and it is small.</summary>
    private Answer Minimal(Question question)
    {
        var exists = Resolve(question, aliases: 0);
        return exists.Code == ResponseCode.NoError
            ? new Answer(ResponseCode.NoError) { Records = [new OpaqueRecord(question.Name, RecordType.HINFO, _ttl, "\aRFC8482\0"u8.ToArray())] }
            : exists;
    }

    private Answer Resolve(Question question, int aliases)
    {
        if (question.Key.Length == options.Domain.Length)
        {
            return question.Type == RecordType.SOA ? Found([Soa(question, options.Domain)]) : NoData(question);
        }

        var labels = question.Key[..^_suffix.Length].Split('.');
        return labels switch
        {
            ["dns-version"] => question.Type == RecordType.TXT ? Found([new TextRecord(question.Name, SchemaTtl, SchemaVersion)]) : NoData(question),
            ["svc"] => NoData(question),
            [var ns, "svc"] => Node(question, ns),
            [var service, var ns, "svc"] => Service(question, new NamespacedName(ns, service), aliases),
            [var endpoint, var service, var ns, "svc"] => BelowService(question, new NamespacedName(ns, service), endpoint),
            [['_', .. var port], ['_', .. var protocol], var service, var ns, "svc"] => Port(question, new NamespacedName(ns, service), port, protocol),
            _ when options.Pods == PodNames.Disabled => NameError(question),
            ["pod"] => NoData(question),
            [var ns, "pod"] => Node(question, ns),
            [var address, var ns, "pod"] => Pod(question, ns, address),
            _ => NameError(question),
        };
    }

    private Answer Node(Question question, string ns) => question.Names.Namespaces.ContainsKey(ns) ? NoData(question) : NameError(question);

    private Answer Service(Question question, NamespacedName name, int aliases)
    {
        if (Find(question, name) is not { } service)
        {
            return NameError(question);
        }

        if (service.ExternalName is { } target)
        {
            return Alias(question, target, aliases);
        }

        var headless = service.ClusterIPs.IsEmpty;
        switch (question.Type)
        {
            case RecordType.A or RecordType.AAAA:
                var addresses = headless ? service.Endpoints.Select(endpoint => endpoint.Address) : service.ClusterIPs;
                return Addresses(question, addresses);

            case RecordType.SRV:
                return headless ? EndpointPorts(question, service, service.Endpoints, port: null) : ServicePorts(question, service, service.Ports);

            default:
                return NoData(question);
        }
    }

    /// <summary>A Service that has a name: a headless one only by its ready endpoints, as the schema says.</summary>
    private NamedService? Find(Question question, NamespacedName name)
    {
        if (!question.Names.Services.TryGetValue(name, out var service))
        {
            return null;
        }

        var needsEndpoints = service.ExternalName is null && (service.ClusterIPs.IsEmpty || options.IgnoreEmptyServices);
        return needsEndpoints && service.Endpoints.IsEmpty ? null : service;
    }

    /// <summary>A target inside the zone is followed; one outside is left to the caller.</summary>
    private Answer Alias(Question question, string target, int aliases)
    {
        // A CNAME must lead to a name, and Kubernetes lets addresses pass for one.
        if (IpAddr.TryParse(target, out _) || !DnsName.IsValid(target) || target.Length == 0)
        {
            return NameError(question);
        }

        var alias = new NameRecord(question.Name, RecordType.CNAME, _ttl, target);
        if (question.Type == RecordType.CNAME)
        {
            return Found([alias]);
        }

        if (!IsWithin(target, options.Domain))
        {
            return Found([alias]) with { Outside = target };
        }

        // Two Services may name each other.
        if (aliases == MaxAliases)
        {
            return new Answer(ResponseCode.ServerFailure);
        }

        var end = Resolve(question with { Name = target, Key = target.ToLowerInvariant() }, aliases + 1);
        return end with { Records = end.Records.Insert(0, alias) };
    }

    private Answer BelowService(Question question, NamespacedName name, string label)
    {
        if (Find(question, name) is not { } service)
        {
            return NameError(question);
        }

        if (label is ['_', .. var protocol])
        {
            // Nothing but the names below it, which must not be denied with it (RFC 8020).
            return HasPort(service, port => port.Name.Length > 0 && port.Protocol == protocol) ? NoData(question) : NameError(question);
        }

        var endpoints = service.Endpoints.Where(endpoint => endpoint.Name == label).ToImmutableArray();
        if (endpoints.IsEmpty)
        {
            return NameError(question);
        }

        return question.Type switch
        {
            RecordType.A or RecordType.AAAA => Addresses(question, endpoints.Select(endpoint => endpoint.Address)),
            RecordType.SRV => EndpointPorts(question, service, endpoints, port: null),
            _ => NoData(question),
        };
    }

    private Answer Port(Question question, NamespacedName name, string port, string protocol)
    {
        bool IsAsked(NamedPort candidate) => port.Length > 0 && candidate.Name == port && candidate.Protocol == protocol;

        if (Find(question, name) is not { } service || !HasPort(service, IsAsked))
        {
            return NameError(question);
        }

        if (question.Type != RecordType.SRV)
        {
            return NoData(question);
        }

        return service.ClusterIPs.IsEmpty
            ? EndpointPorts(question, service, service.Endpoints, IsAsked)
            : ServicePorts(question, service, service.Ports.Where(IsAsked));
    }

    private static bool HasPort(NamedService service, Func<NamedPort, bool> wanted) =>
        service.ClusterIPs.IsEmpty ? service.Endpoints.Any(endpoint => endpoint.Ports.Any(wanted)) : service.Ports.Any(wanted);

    private Answer ServicePorts(Question question, NamedService service, IEnumerable<NamedPort> ports)
    {
        var asked = ports.ToList();
        var target = NameOf(service.Name);
        var weight = Weight(asked.Count * service.ClusterIPs.Length);
        return asked.Count == 0 ? NoData(question) : Found(
            [.. asked.Select(port => new ServiceRecord(question.Name, _ttl, Priority: 0, weight, port.Number, target))],
            [.. service.ClusterIPs.Select(address => new AddressRecord(target, _ttl, address))]);
    }

    private Answer EndpointPorts(Question question, NamedService service, ImmutableArray<NamedEndpoint> endpoints, Func<NamedPort, bool>? port)
    {
        var asked = (from endpoint in endpoints from candidate in endpoint.Ports where port is null || port(candidate) select (endpoint, candidate.Number)).ToList();
        if (asked.Count == 0)
        {
            return NoData(question);
        }

        // One name in both families is one target with two addresses; the weight still counts both.
        var weight = Weight(asked.Count);
        var records = asked.Select(entry => new ServiceRecord(question.Name, _ttl, Priority: 0, weight, entry.Number, NameOf(service.Name, entry.endpoint.Name)));
        var addresses = asked.Select(entry => new AddressRecord(NameOf(service.Name, entry.endpoint.Name), _ttl, entry.endpoint.Address));
        return Found(Rotate<DnsRecord>([.. records.Distinct()], question.Rotation), [.. addresses.Distinct()]);
    }

    /// <summary>An equal share of 100, as CoreDNS gives; RFC 2782 has 0 for "do not choose".</summary>
    private static ushort Weight(int targets) => (ushort)Math.Max(1, 100 / Math.Max(1, targets));

    private Answer Pod(Question question, string ns, string label)
    {
        if (!question.Names.Namespaces.ContainsKey(ns) || !TryParseDashed(label, out var address))
        {
            return NameError(question);
        }

        var exists = options.Pods == PodNames.Insecure || question.Names.Pods.ContainsKey(new PodAddress(ns, address));
        return exists ? Addresses(question, [address]) : NameError(question);
    }

    private static bool TryParseDashed(string label, out IpAddr address) =>
        IpAddr.TryParse(label.Replace('-', '.'), out address) || IpAddr.TryParse(label.Replace('-', ':'), out address);

    private Answer Reverse(Question question)
    {
        var zone = IsWithin(question.Key, ReverseName.IPv4Zone) ? ReverseName.IPv4Zone : ReverseName.IPv6Zone;
        if (!ReverseName.TryParse(question.Key, out var address) || !question.Names.Owners.TryGetValue(address, out var owners))
        {
            return NameError(question, zone) with { MayBeForwarded = true };
        }

        if (question.Type is not (RecordType.PTR or RecordType.ANY))
        {
            return NoData(question, zone);
        }

        // The Service is what somebody reached by a cluster IP; endpoints come after it.
        var named = owners[0].Endpoint is null ? owners.Where(owner => owner.Endpoint is null) : owners;
        return Found([.. named.Select(owner => new NameRecord(question.Name, RecordType.PTR, _ttl, NameOf(owner.Service, owner.Endpoint)))]);
    }

    private Answer Addresses(Question question, IEnumerable<IpAddr> addresses)
    {
        var wanted = question.Type switch { RecordType.A => false, RecordType.AAAA => true, _ => (bool?)null };
        var records = ImmutableArray.CreateBuilder<DnsRecord>();
        foreach (var address in addresses)
        {
            if (address.IsIPv6 == wanted)
            {
                records.Add(new AddressRecord(question.Name, _ttl, address));
            }
        }

        return records.Count == 0 ? NoData(question) : Found(Rotate(records.DrainToImmutable(), question.Rotation));
    }

    private static ImmutableArray<T> Rotate<T>(ImmutableArray<T> items, int by)
    {
        var first = (int)((uint)by % (uint)items.Length);
        return first == 0 ? items : [.. items.AsSpan(first, items.Length - first), .. items.AsSpan(0, first)];
    }

    private string NameOf(NamespacedName service, string? endpoint = null) => endpoint is null
        ? $"{service.Name}.{service.Namespace}.svc{_suffix}"
        : $"{endpoint}.{service.Name}.{service.Namespace}.svc{_suffix}";

    private static Answer Found(ImmutableArray<DnsRecord> records, ImmutableArray<DnsRecord> additionals = default) =>
        new(ResponseCode.NoError) { Records = records, Additionals = additionals.IsDefault ? [] : additionals };

    private Answer NoData(Question question, string? zone = null) => new(ResponseCode.NoError) { Authority = Soa(question, zone ?? options.Domain) };

    private Answer NameError(Question question, string? zone = null) => new(ResponseCode.NameError) { Authority = Soa(question, zone ?? options.Domain) };

    private AuthorityRecord Soa(Question question, string zone) =>
        new(zone, _ttl, "ns.dns" + _suffix, "hostmaster" + _suffix, (uint)question.Snapshot.Generation);

    /// <summary>The question and what it is answered from; <c>Key</c> is the name in lower case.</summary>
    private sealed record Question(string Name, string Key, RecordType Type, ProxySnapshot Snapshot, int Rotation)
    {
        public DiscoveryTable Names => Snapshot.Discovery;
    }
}
