using System.Net.Sockets;
using EdgeProxy.Model;
using EdgeProxy.Transport.Addresses;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Dataplane.Addresses;

/// <summary>
/// Gives an interface the addresses the snapshots ask for and the host has not: before a snapshot goes live, so that its listeners find
/// them. What the last Service gave up stays for as long as its connections may drain. Borrows the interface.
/// </summary>
/// <remarks>Called by whoever publishes, by a timer and by whoever hears that the host's addresses changed.</remarks>
public sealed class VirtualAddresses : IDisposable
{
    // Guards everything below and the interface. Held while the kernel is asked, a tenth of a millisecond an address and more once there are
    // thousands: nobody may bind before.
    private readonly Lock _changing = new();
    private readonly ServiceAddresses _services;
    private readonly Dictionary<IpAddr, TimeSpan> _leaving = [];
    private readonly HashSet<IpAddr> _own = [];
    private readonly HashSet<IpAddr> _foreign = [];
    private readonly Dictionary<IpAddr, string> _failed = [];
    private readonly LanExposure _lan;

    private readonly IAddressHolder _holder;
    private readonly SnapshotPublisher _snapshots;
    private readonly TimeSpan _linger;
    private readonly ILogger _logger;
    private readonly Alarm _alarm;
    private bool _hasRead;

    /// <summary>Starts following the snapshots.</summary>
    /// <param name="holder">The interface. What it has already and no Service of the first snapshot asks for is removed then.</param>
    /// <param name="snapshots">What to follow.</param>
    /// <param name="linger">How long an address stays after its last Service; zero removes it at once.</param>
    /// <param name="loggers">For the category EdgeProxy.Addresses.</param>
    /// <param name="time">Clock.</param>
    /// <param name="kinds">Frontends whose addresses the interface gets, besides cluster IPs.</param>
    public VirtualAddresses(
        IAddressHolder holder, SnapshotPublisher snapshots, TimeSpan linger, ILoggerFactory loggers, TimeProvider time, params FrontendKind[] kinds)
    {
        _services = new ServiceAddresses(kinds);
        _holder = holder;
        _snapshots = snapshots;
        _linger = linger;
        _logger = loggers.CreateLogger("EdgeProxy.Addresses");
        _lan = new LanExposure(_logger);
        _alarm = new Alarm(RemoveWhatLeft, time);
        snapshots.Publishing += Follow;
    }

    /// <summary>Compares with what the host really has: addresses may have come, and ours may have been taken away.</summary>
    public void Reconcile()
    {
        lock (_changing)
        {
            if (_hasRead)
            {
                ReadAndApply();
            }
        }
    }

    /// <summary>Stops following. The addresses stay as they are.</summary>
    public void Dispose()
    {
        _snapshots.Publishing -= Follow;
        _alarm.Dispose();

        // Who waits for the lock now finds nothing to do: the interface may be gone.
        lock (_changing)
        {
            _leaving.Clear();
            _hasRead = false;
        }
    }

    private void Follow(ProxySnapshot snapshot)
    {
        lock (_changing)
        {
            var touched = _services.Follow(snapshot);
            if (!_hasRead)
            {
                ReadAndApply();
                return;
            }

            foreach (var address in touched)
            {
                if (_services.Contains(address))
                {
                    _leaving.Remove(address);
                }
                else if (_linger > TimeSpan.Zero && _own.Contains(address))
                {
                    _leaving.TryAdd(address, _alarm.Now + _linger);
                }
            }

            // The same question as for all addresses, asked about those that may have changed.
            Apply(AddressPlan.Between(touched.Where(IsHeld), touched.Where(_own.Contains).ToHashSet(), _foreign));
            SetAlarm();
        }
    }

    private bool IsHeld(IpAddr address) => _services.Contains(address) || _leaving.ContainsKey(address);

    private void RemoveWhatLeft()
    {
        lock (_changing)
        {
            var now = _alarm.Now;
            var left = _leaving.Where(entry => entry.Value <= now).Select(entry => entry.Key).ToHashSet();
            foreach (var address in left)
            {
                _leaving.Remove(address);
            }

            left.IntersectWith(_own);
            Apply(new AddressPlan([], [.. left.Order()]));
            SetAlarm();
        }
    }

    private void SetAlarm() => _alarm.Set(_leaving.Values.Min(due => (TimeSpan?)due));

    private void ReadAndApply()
    {
        try
        {
            Read();
        }
        catch (IOException error)
        {
            AddressLog.CannotRead(_logger, _holder.Name, error.Message);
            return;
        }

        var plan = AddressPlan.Between(_services.Wanted.Concat(_leaving.Keys), _own, _foreign);
        if (!_hasRead)
        {
            AddressLog.Adopted(_logger, _holder.Name, _own.Count, plan.Remove.Length, plan.Add.Length);
        }

        _hasRead = true;
        Apply(plan);
    }

    private void Read()
    {
        var addresses = _holder.Read().ToLookup(address => address.Interface == _holder.Name);
        _foreign.Clear();
        _foreign.UnionWith(addresses[false].Select(address => IpAddr.From(address.Address)));
        _lan.Networks = LanExposure.NetworksOf(addresses[false]);

        // Those of another length are the kernel's: an interface that is up gets a link-local address.
        _own.Clear();
        _own.UnionWith(addresses[true].Where(address => address.PrefixLength is 32 or 128).Select(address => IpAddr.From(address.Address)));
    }

    private void Apply(AddressPlan plan)
    {
        foreach (var address in plan.Remove)
        {
            Try(address, _holder.Remove, () =>
            {
                _own.Remove(address);
                AddressLog.Removed(_logger, address, _holder.Name);
            });
        }

        foreach (var address in plan.Add)
        {
            Try(address, _holder.Add, () =>
            {
                _own.Add(address);
                AddressLog.Added(_logger, address, _holder.Name);
                _lan.Consider(new IpPrefix(address, address.IsIPv6 ? 128 : 32));
            });
        }
    }

    /// <summary>One address that the kernel refuses must not keep the others from being served, nor the snapshot from going live.</summary>
    private void Try(IpAddr address, Action<System.Net.IPAddress> change, Action done)
    {
        try
        {
            change(address.ToIPAddress());
            _failed.Remove(address);
            done();
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            if (_failed.GetValueOrDefault(address) != error.Message)
            {
                _failed[address] = error.Message;
                AddressLog.CannotChange(_logger, address, error.Message);
            }
        }
    }
}
