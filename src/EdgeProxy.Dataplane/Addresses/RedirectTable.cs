using System.Globalization;
using System.Text;
using EdgeProxy.Model;
using EdgeProxy.Transport.Addresses;

namespace EdgeProxy.Dataplane.Addresses;

/// <summary>
/// The table of nftables that sends packets to frontends here: what has to be in it, and the commands of nft(8) that bring it there. Pure.
/// </summary>
/// <remarks>
/// Packets are marked and not changed: <see cref="LocalDelivery"/> then delivers them to the socket that is bound to the very address they
/// are for. So there is no address translation, no connection tracking, no second port at which somebody could knock, and nothing about
/// a connection in the table.
/// </remarks>
internal sealed class RedirectTable
{
    private const string Name = RedirectedFrontends.TableName;

    // Elements a command: an error quotes the whole line.
    private const int ElementsPerCommand = 500;

    private readonly Dictionary<FrontendAddress, RedirectVerdict> _frontends = [];
    private readonly HashSet<IpAddr> _clusterIPs = [];

    // What was there before, for everything that changed since the last commands.
    private readonly Dictionary<FrontendAddress, RedirectVerdict?> _changedFrontends = [];
    private readonly Dictionary<IpAddr, bool> _changedClusterIPs = [];

    /// <summary>The empty table, with its own line.</summary>
    public static string Definition { get; } = string.Create(CultureInfo.InvariantCulture, $$"""
        table inet {{Name}} {
          map frontends4 { type ipv4_addr . inet_proto . inet_service : verdict; }
          map frontends6 { type ipv6_addr . inet_proto . inet_service : verdict; }
          set clusterIPs4 { type ipv4_addr; }
          set clusterIPs6 { type ipv6_addr; }
          chain serve {
            meta mark set meta mark | {{LocalDelivery.Mark}} accept
          }
          chain refuse {
            tcp flags & (fin | syn | rst | ack) == syn reject with tcp reset
            meta l4proto tcp goto serve
            reject with icmpx port-unreachable
          }
          chain decide {
            meta l4proto { icmp, ipv6-icmp } socket transparent 1 goto serve
            meta l4proto != { tcp, udp } return
            ip daddr . meta l4proto . th dport vmap @frontends4
            ip6 daddr . meta l4proto . th dport vmap @frontends6
            ip daddr @clusterIPs4 goto refuse
            ip6 daddr @clusterIPs6 goto refuse
          }
          chain prerouting {
            type filter hook prerouting priority mangle
            jump decide
          }
          chain output {
            type route hook output priority mangle
            jump decide
          }
        }

        """);

    /// <summary>What the table has for this frontend.</summary>
    public RedirectVerdict? this[FrontendAddress frontend] => _frontends.TryGetValue(frontend, out var verdict) ? verdict : null;

    /// <summary>Sets that, or takes the frontend out.</summary>
    public void Set(FrontendAddress frontend, RedirectVerdict? verdict)
    {
        var before = this[frontend];
        if (before == verdict)
        {
            return;
        }

        _changedFrontends.TryAdd(frontend, before);
        _frontends.Remove(frontend);
        if (verdict is { } after)
        {
            _frontends.Add(frontend, after);
        }
    }

    /// <summary>Puts a cluster IP in, of which ports that are no frontend are refused, or takes it out.</summary>
    public void SetClusterIP(IpAddr address, bool isOurs)
    {
        if (isOurs ? _clusterIPs.Add(address) : _clusterIPs.Remove(address))
        {
            _changedClusterIPs.TryAdd(address, !isOurs);
        }
    }

    /// <summary>The commands for what changed since they were last asked for, or for the whole table; empty when nothing did.</summary>
    public string TakeChanges()
    {
        var commands = new Commands();
        foreach (var (frontend, before) in _changedFrontends)
        {
            // An element cannot be changed: it goes and comes, and both at once for every packet.
            if (before is not null && before != this[frontend])
            {
                commands.Delete(MapOf(frontend), KeyOf(frontend));
            }
        }

        foreach (var (address, before) in _changedClusterIPs)
        {
            if (before && !_clusterIPs.Contains(address))
            {
                commands.Delete(SetOf(address), $"{address}");
            }
        }

        Add(commands, _changedFrontends.Where(entry => entry.Value != this[entry.Key]).Select(entry => entry.Key));
        AddClusterIPs(commands, _changedClusterIPs.Where(entry => !entry.Value).Select(entry => entry.Key));
        Forget();
        return commands.ToString();
    }

    /// <summary>The commands for the table and everything in it.</summary>
    public string TakeWhole()
    {
        var commands = new Commands();
        Add(commands, _frontends.Keys);
        AddClusterIPs(commands, _clusterIPs);
        Forget();
        return Definition + commands;
    }

    private void Add(Commands commands, IEnumerable<FrontendAddress> frontends)
    {
        foreach (var frontend in frontends)
        {
            if (this[frontend] is { } verdict)
            {
                commands.Add(MapOf(frontend), $"{KeyOf(frontend)} : goto {(verdict == RedirectVerdict.Serve ? "serve" : "refuse")}");
            }
        }
    }

    private void AddClusterIPs(Commands commands, IEnumerable<IpAddr> addresses)
    {
        foreach (var address in addresses.Where(_clusterIPs.Contains))
        {
            commands.Add(SetOf(address), $"{address}");
        }
    }

    private void Forget()
    {
        _changedFrontends.Clear();
        _changedClusterIPs.Clear();
    }

    private static string MapOf(FrontendAddress frontend) => frontend.Endpoint.Address.IsIPv6 ? "frontends6" : "frontends4";

    private static string SetOf(IpAddr address) => address.IsIPv6 ? "clusterIPs6" : "clusterIPs4";

    private static string KeyOf(FrontendAddress frontend) => string.Create(
        CultureInfo.InvariantCulture,
        $"{frontend.Endpoint.Address} . {(frontend.Protocol == TransportProtocol.Tcp ? "tcp" : "udp")} . {frontend.Endpoint.Port}");

    /// <summary>Commands, elements of one kind and one set together. What goes stands before what comes.</summary>
    private sealed class Commands
    {
        private readonly SortedDictionary<string, List<string>> _deleted = new(StringComparer.Ordinal);
        private readonly SortedDictionary<string, List<string>> _added = new(StringComparer.Ordinal);

        public void Delete(string set, string element) => Append(_deleted, set, element);

        public void Add(string set, string element) => Append(_added, set, element);

        public override string ToString()
        {
            var text = new StringBuilder();
            Write(text, "delete", _deleted);
            Write(text, "add", _added);
            return text.ToString();
        }

        private static void Append(SortedDictionary<string, List<string>> elements, string set, string element)
        {
            if (!elements.TryGetValue(set, out var list))
            {
                elements.Add(set, list = []);
            }

            list.Add(element);
        }

        private static void Write(StringBuilder text, string verb, SortedDictionary<string, List<string>> elements)
        {
            foreach (var (set, list) in elements)
            {
                foreach (var some in list.Chunk(ElementsPerCommand))
                {
                    text.Append(verb).Append(" element inet ").Append(Name).Append(' ').Append(set).Append(" { ").AppendJoin(", ", some).Append(" }\n");
                }
            }
        }
    }
}
