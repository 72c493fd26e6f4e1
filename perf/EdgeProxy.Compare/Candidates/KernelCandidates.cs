using System.Net;
using EdgeProxy.Compare.Lab;

namespace EdgeProxy.Compare.Candidates;

/// <summary>No proxy: the client asks the backend, and the proxy's namespace routes.</summary>
internal sealed class DirectCandidate(string name) : Candidate(name)
{
    public override string? Tool => null;

    public override string Description => "no proxy, routed through the same namespaces";

    public override bool Serves(Duty duty) => duty.IsTcp || duty.IsUdp || duty.Kind == DutyKind.Http;

    public override Launch? Prepare(Duty duty, Site site) => null;

    public override IPEndPoint Target(Site site) => site.Backend;
}

/// <summary>A DNAT rule of nftables: what kube-proxy's nftables mode does.</summary>
/// <remarks>The rule is there only during a sample: with it, connection tracking sees every packet of the namespace.</remarks>
internal sealed class NftablesCandidate(string name) : Candidate(name)
{
    private const string Table = "compare";

    public override string? Tool => "nft";

    public override string Description => "nftables DNAT, in the kernel";

    public override bool Serves(Duty duty) => duty.IsTcp || duty.IsUdp;

    public override Launch? Prepare(Duty duty, Site site) => null;

    public override async Task EnterAsync(Duty duty, Site site, NetworkNamespace proxy)
    {
        var protocol = duty.IsUdp ? "udp" : "tcp";
        var rules = $$"""
            table ip {{Table}} {
              chain prerouting {
                type nat hook prerouting priority dstnat;
                ip daddr {{site.Listen.Address}} {{protocol}} dport {{site.Listen.Port}} dnat to {{site.Backend}}
              }
            }
            """;
        await Child.RunAsync(new Launch("nft", "-f", "-"), proxy.Name, rules);
        // Entries of finished conversations would fill the table within some samples of T3 or U2.
        proxy.SetSysctl("net/netfilter/nf_conntrack_tcp_timeout_time_wait", "2");
        proxy.SetSysctl("net/netfilter/nf_conntrack_udp_timeout", "2");
        proxy.SetSysctl("net/netfilter/nf_conntrack_udp_timeout_stream", "2");
    }

    public override async Task LeaveAsync(NetworkNamespace proxy) =>
        await Child.RunAsync(new Launch("nft", "delete", "table", "ip", Table), proxy.Name);
}
