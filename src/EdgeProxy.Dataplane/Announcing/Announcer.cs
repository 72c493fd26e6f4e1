using System.Collections.Immutable;
using System.Net.Sockets;
using EdgeProxy.Model;
using EdgeProxy.Transport.Addresses;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Dataplane.Announcing;

/// <summary>
/// Sees to it that this node has the load-balancer addresses it owns on the LAN, and no others. Everything happens in <see cref="Tick"/> and
/// <see cref="Heard"/>, on one thread; it borrows the LAN.
/// </summary>
/// <remarks>
/// Why no two nodes have one address. Who owns it follows from who is alive, which two nodes may see differently for a moment; so nobody takes an
/// address before the LAN was asked for it and was silent. A node that others have given up (<see cref="NodeStanding.Adrift"/>) gives an address
/// away as soon as it is asked for. One that cannot, because it was killed or stopped, does not have it any more: its kernel took it away, as it was
/// leased from it for a second. One that goes on after such a while withdraws before it does anything else.
/// </remarks>
internal sealed class Announcer
{
    /// <summary>Keeps a node out of all load balancing from outside the cluster, whatever its value (KEP-1143).</summary>
    private const string ExcludingLabel = "node.kubernetes.io/exclude-from-external-load-balancers";

    // Someone who is just giving an address up is no conflict.
    private static readonly TimeSpan ConflictAfter = TimeSpan.FromSeconds(3);

    private static readonly ImmutableArray<IpPrefix> EveryNetwork =
        [new IpPrefix(new IpAddr(0, IsIPv6: false), 0), new IpPrefix(new IpAddr(0, IsIPv6: true), 0)];

    private readonly ILan _lan;
    private readonly AnnouncementPlan _plan;
    private readonly INodeMembership _membership;
    private readonly AnnouncerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly long _start;
    private readonly Dictionary<IpAddr, HeldAddress> _held = [];
    private readonly Dictionary<IpAddr, TakeOver> _taking = [];
    private readonly HashSet<IpAddr> _warned = [];
    private readonly Dictionary<IpAddr, string> _failed = [];
    private readonly Func<IReadOnlyDictionary<string, string>?> _labels;
    private AnnouncingNode? _offered;
    private ImmutableDictionary<IpAddr, string> _owners = ImmutableDictionary<IpAddr, string>.Empty;
    private (ImmutableDictionary<IpAddr, string> Owners, AnnouncingNode? Offered, IReadOnlyList<LanInterface> Interfaces, int Pools) _basis;
    private Dictionary<IpAddr, LanInterface> _placed = [];
    private NodeStanding? _standing;
    private TimeSpan _tickedAt;
    private TimeSpan _renewedAt;
    private DateTimeOffset _renewedAtWallClock;
    private bool _isFirst = true;
    private volatile bool _hasHostChanged;

    /// <param name="lan">Where addresses are announced.</param>
    /// <param name="plan">Who owns what.</param>
    /// <param name="membership">Who is alive.</param>
    /// <param name="options">How it is done.</param>
    /// <param name="labels">The labels of this node; null when they are not known.</param>
    /// <param name="logger">Of the category EdgeProxy.Addresses.</param>
    /// <param name="time">Clock.</param>
    public Announcer(ILan lan, AnnouncementPlan plan, INodeMembership membership, AnnouncerOptions options, Func<IReadOnlyDictionary<string, string>?> labels, ILogger logger, TimeProvider time)
    {
        _lan = lan;
        _plan = plan;
        _membership = membership;
        _options = options;
        _labels = labels;
        _logger = logger;
        _time = time;
        _start = time.GetTimestamp();
    }

    private TimeSpan Now => _time.GetElapsedTime(_start);

    /// <summary>Addresses or interfaces of the host changed: the next turn looks at them. From any thread.</summary>
    public void HostChanged() => _hasHostChanged = true;

    /// <summary>One turn; due every few milliseconds.</summary>
    public void Tick()
    {
        WithdrawAfterStandstill();
        var now = Now;
        if (now - _tickedAt > _options.ProbeInterval * 5)
        {
            // What was answered meanwhile may not have been heard yet.
            _taking.Clear();
        }

        _tickedAt = now;
        LookAtHost();
        var standing = _membership.Standing;
        Report(standing);
        var wanted = Wanted(standing);
        GiveUp(wanted, standing);
        if (standing == NodeStanding.Member)
        {
            Take(wanted, now);
        }

        Renew(standing, now);
        foreach (var (address, held) in _held)
        {
            if (held.IsAnnouncementDue(now))
            {
                _lan.Announce(held.On, address.ToIPAddress());
            }
        }

        // The process may have been stopped while it renewed.
        WithdrawAfterStandstill();
    }

    /// <summary>A neighbour said something.</summary>
    public void Heard(NeighbourNotice notice)
    {
        WithdrawAfterStandstill();
        var address = IpAddr.From(notice.Address);
        if (_taking.TryGetValue(address, out var taking))
        {
            // Of two that want it, one has to wait.
            if (notice.Claim == NeighbourClaim.Has || Compare(notice.Mac.GetAddressBytes(), taking.On.Mac.GetAddressBytes()) < 0)
            {
                taking.Answered(notice.Sender, Now);
            }
        }
        else if (_held.TryGetValue(address, out var held))
        {
            if (_membership.Standing == NodeStanding.Adrift)
            {
                Withdraw(address, $"{notice.Sender} asks for it, and this node was given up");
            }
            else if (notice.Claim == NeighbourClaim.Has)
            {
                Defend(address, held, notice.Sender);
            }
        }
    }

    /// <summary>Gives everything up.</summary>
    public void WithdrawAll(string reason)
    {
        foreach (var address in _held.Keys.ToList())
        {
            Withdraw(address, reason);
        }

        _taking.Clear();
    }

    private static int Compare(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) => one.SequenceCompareTo(other);

    /// <summary>
    /// Whoever was stopped, or whose machine was, may not have what it believes to have. A suspended machine's monotonic clock stands still while
    /// the others' go on; its wall clock shows it.
    /// </summary>
    private void WithdrawAfterStandstill()
    {
        var away = TimeSpan.FromTicks(Math.Max((Now - _renewedAt).Ticks, (_time.GetUtcNow() - _renewedAtWallClock).Ticks));
        if (_held.Count > 0 && away > _options.Lifetime)
        {
            AnnouncingLog.StoodStill(_logger, away.TotalSeconds, _held.Count);
            WithdrawAll("this process stood still");
        }
    }

    private void LookAtHost()
    {
        if (!_isFirst && !_hasHostChanged)
        {
            OfferIfChanged();
            return;
        }

        _hasHostChanged = false;
        _isFirst = false;
        try
        {
            _lan.Read();
        }
        catch (IOException error)
        {
            AnnouncingLog.CannotLook(_logger, error.Message);
        }

        OfferIfChanged();
    }

    private void OfferIfChanged()
    {
        var labels = _labels() ?? ImmutableDictionary<string, string>.Empty;
        var inUse = _plan.LabelsInUse;
        var offer = new AnnouncingNode(_membership.Self, labels.ContainsKey(ExcludingLabel) ? [] : [.. _lan.Interfaces.Select(Describe)])
        {
            Labels = labels.Where(label => inUse.Contains(label.Key)).ToImmutableSortedDictionary(StringComparer.Ordinal),
        };
        if (offer.Equals(_offered))
        {
            return;
        }

        if (_offered?.Interfaces.SequenceEqual(offer.Interfaces) != true)
        {
            AnnouncingLog.Offers(_logger, offer.Interfaces.IsEmpty ? "no interface" : string.Join(", ", offer.Interfaces.Select(each => each.Name)));
        }

        _offered = offer;
        _membership.Offer(offer);
    }

    private AnnouncingInterface Describe(LanInterface each) => new(
        each.Name,
        [.. each.Networks.Select(network => new IpPrefix(IpAddr.From(network.BaseAddress), network.PrefixLength)), .. _options.NamesInterfaces ? EveryNetwork : []]);

    private void Report(NodeStanding standing)
    {
        if (standing != _standing)
        {
            if (standing == NodeStanding.Adrift && _standing is not null)
            {
                AnnouncingLog.Adrift(_logger, _options.KeepsWhenAdrift && _held.Count > 0 ? $"its {_held.Count} addresses stay until another node asks for them" : "it announces nothing until it is");
            }
            else if (standing == NodeStanding.Member)
            {
                AnnouncingLog.Member(_logger, string.Join(", ", _membership.Live.Select(node => node.Name)));
            }

            _standing = standing;
        }
    }

    /// <summary>What this node is to have, and on which interface.</summary>
    private Dictionary<IpAddr, LanInterface> Wanted(NodeStanding standing)
    {
        var nodes = _membership.Live;
        if (standing == NodeStanding.Member)
        {
            // Twenty times a second there is mostly nothing new.
            Follow(nodes);
            var basis = (_owners, _offered, _lan.Interfaces, _plan.PoolsVersion);
            if (!basis.Equals(_basis))
            {
                _basis = basis;
                _placed = Place(_owners.Where(entry => entry.Value == _membership.Self).Select(entry => entry.Key));
            }

            return _placed;
        }

        return _options.KeepsWhenAdrift ? Place(_held.Keys.Where(_plan.IsWanted)) : [];
    }

    private void Follow(ImmutableArray<AnnouncingNode> nodes)
    {
        var owners = _plan.Owners(nodes);
        if (ReferenceEquals(owners, _owners))
        {
            return;
        }

        _owners = owners;
        foreach (var address in _plan.Stranded(nodes).Where(_warned.Add))
        {
            AnnouncingLog.NoInterface(_logger, address);
        }
    }

    private Dictionary<IpAddr, LanInterface> Place(IEnumerable<IpAddr> addresses)
    {
        var placed = new Dictionary<IpAddr, LanInterface>();
        foreach (var address in addresses)
        {
            if (_plan.PoolOf(address) is { } pool
                && _offered?.InterfaceFor(address, pool) is { } chosen
                && _lan.Interfaces.FirstOrDefault(each => each.Name == chosen.Name) is { } on)
            {
                placed.Add(address, on);
            }
        }

        return placed;
    }

    private void GiveUp(Dictionary<IpAddr, LanInterface> wanted, NodeStanding standing)
    {
        foreach (var (address, held) in _held.ToList())
        {
            if (!wanted.TryGetValue(address, out var on))
            {
                Withdraw(address, Reason(address, standing));
            }
            else if (on.Index != held.On.Index || !on.Mac.Equals(held.On.Mac))
            {
                Withdraw(address, $"it moves to {on.Name}");
            }
        }

        foreach (var address in _taking.Keys.Where(address => !wanted.TryGetValue(address, out var on) || on.Index != _taking[address].On.Index).ToList())
        {
            _taking.Remove(address);
        }
    }

    private string Reason(IpAddr address, NodeStanding standing)
    {
        if (!_plan.IsWanted(address))
        {
            return "no Service has it any more";
        }

        if (standing == NodeStanding.Adrift)
        {
            return "this node was given up, or its interface is gone";
        }

        return _owners.TryGetValue(address, out var owner) && owner != _membership.Self
            ? $"node {owner} announces it"
            : "no endpoint can serve it, or its interface is gone";
    }

    private void Take(Dictionary<IpAddr, LanInterface> wanted, TimeSpan now)
    {
        foreach (var (address, on) in wanted)
        {
            if (_held.ContainsKey(address))
            {
                continue;
            }

            if (_lan.Owns(address.ToIPAddress()))
            {
                if (_warned.Add(address))
                {
                    AnnouncingLog.HostHasIt(_logger, address);
                }

                continue;
            }

            if (!_taking.TryGetValue(address, out var taking))
            {
                _taking.Add(address, taking = new TakeOver(on, now, _options));
            }

            Advance(address, taking, now);
        }
    }

    private void Advance(IpAddr address, TakeOver taking, TimeSpan now)
    {
        switch (taking.Next(now))
        {
            case TakeOverStep.Probe:
                _lan.Probe(taking.On, address.ToIPAddress());
                break;
            case TakeOverStep.Take when Now - now < _options.ProbeInterval && TryHold(address, taking.On):
                _taking.Remove(address);
                if (_held.Count == 0)
                {
                    (_renewedAt, _renewedAtWallClock) = (now, _time.GetUtcNow());
                }

                _held.Add(address, new HeldAddress(taking.On, now));
                AnnouncingLog.Taken(_logger, address, taking.On.Name);
                break;
            default:
                break;
        }

        if (taking is { HeldBy: { } holder, IsReported: false } && now - taking.Since > ConflictAfter)
        {
            taking.IsReported = true;
            AnnouncingLog.Conflict(_logger, address, holder, taking.On.Name);
        }
    }

    /// <summary>Tells the kernel that the addresses stay, and while this node is adrift asks whether somebody else has them by now.</summary>
    private void Renew(NodeStanding standing, TimeSpan now)
    {
        if (_held.Count == 0 || now - _renewedAt < _options.Lifetime / 2)
        {
            return;
        }

        var wallClock = _time.GetUtcNow();
        foreach (var (address, held) in _held)
        {
            TryHold(address, held.On);
            if (standing == NodeStanding.Adrift)
            {
                _lan.Probe(held.On, address.ToIPAddress());
            }
        }

        (_renewedAt, _renewedAtWallClock) = (now, wallClock);
    }

    private bool TryHold(IpAddr address, LanInterface on)
    {
        try
        {
            _lan.Hold(on, address.ToIPAddress(), _options.Lifetime);
            _failed.Remove(address);
            return true;
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            if (_failed.GetValueOrDefault(address) != error.Message)
            {
                _failed[address] = error.Message;
                AnnouncingLog.CannotHold(_logger, address, error.Message);
            }

            // The interface may just be going away.
            _hasHostChanged = true;
            return false;
        }
    }

    private void Withdraw(IpAddr address, string reason)
    {
        if (!_held.Remove(address, out var held))
        {
            return;
        }

        try
        {
            _lan.Release(held.On, address.ToIPAddress());
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            // The kernel takes it away by itself within moments.
            AnnouncingLog.CannotHold(_logger, address, error.Message);
        }

        AnnouncingLog.Withdrawn(_logger, address, held.On.Name, reason);
    }

    private void Defend(IpAddr address, HeldAddress held, string rival)
    {
        if (held.Rival != rival)
        {
            held.Rival = rival;
            AnnouncingLog.Claimed(_logger, address, rival, held.On.Name);
        }

        if (held.TryDefend(Now))
        {
            _lan.Announce(held.On, address.ToIPAddress());
        }
    }
}
