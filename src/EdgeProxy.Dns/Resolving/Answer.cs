using System.Collections.Immutable;
using EdgeProxy.Dns.Wire;

namespace EdgeProxy.Dns.Resolving;

/// <summary>What a question of our own zones comes to.</summary>
internal sealed record Answer(ResponseCode Code)
{
    /// <summary>The records asked for, CNAMEs on the way to them first. Empty: the SOA says that this is final.</summary>
    public ImmutableArray<DnsRecord> Records { get; init; } = [];

    /// <summary>The addresses behind the targets of SRV records.</summary>
    public ImmutableArray<DnsRecord> Additionals { get; init; } = [];

    /// <summary>The SOA of a negative answer; null for a positive one.</summary>
    public DnsRecord? Authority { get; init; }

    /// <summary>The name outside our zones that the last CNAME leads to: the answer is complete only with the records of it.</summary>
    public string? Outside { get; init; }

    /// <summary>Nobody here has this address; whoever runs the network may know its name.</summary>
    public bool MayBeForwarded { get; init; }
}
