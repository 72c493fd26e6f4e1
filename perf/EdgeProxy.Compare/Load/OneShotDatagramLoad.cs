using EdgeProxy.Compare.Native;

namespace EdgeProxy.Compare.Load;

/// <summary>Every datagram from a source port of its own, closed after the answer (U2): what resolvers do to a DNS server.</summary>
internal sealed unsafe class OneShotDatagramLoad(SockAddrIn target, int atOnce, SourcePorts sources) : EventLoop
{
    private const int DatagramSize = 64;
    private const long LostAfterNanoseconds = 1_000_000_000;

    private readonly LoadCounters _counters = new();
    private readonly (int Descriptor, long SentAt)[] _slots = new (int, long)[atOnce];
    private long _lookedAt = LoadCounters.Now;

    protected override void Start()
    {
        for (var key = 0; key < _slots.Length; key++)
        {
            Ask(key);
        }
    }

    protected override string Answer() => _counters.Take().ToString();

    protected override void OnReady(int key, uint events)
    {
        var buffer = stackalloc byte[DatagramSize];
        var count = NativeSocket.Receive(_slots[key].Descriptor, buffer, DatagramSize);
        if (count == DatagramSize)
        {
            _counters.Done(_slots[key].SentAt);
            AskAnew(key);
        }
        else if (count != -1)
        {
            _counters.Errors++;
            AskAnew(key);
        }
    }

    protected override void OnTurn()
    {
        var now = LoadCounters.Now;
        if (now - _lookedAt < LostAfterNanoseconds / 10)
        {
            return;
        }

        _lookedAt = now;
        for (var key = 0; key < _slots.Length; key++)
        {
            if (now - _slots[key].SentAt > LostAfterNanoseconds)
            {
                _counters.Errors++;
                AskAnew(key);
            }
        }
    }

    private void AskAnew(int key)
    {
        _ = Libc.close(_slots[key].Descriptor);
        Ask(key);
    }

    private void Ask(int key)
    {
        var datagram = stackalloc byte[DatagramSize];
        new Span<byte>(datagram, DatagramSize).Clear();
        var descriptor = NativeSocket.OpenDatagram();
        NativeSocket.Bind(descriptor, sources.Next());
        _slots[key] = (descriptor, LoadCounters.Now);
        Add(descriptor, key, In);
        var address = target;
        _ = Libc.sendto(descriptor, datagram, DatagramSize, Libc.MSG_NOSIGNAL, &address, SockAddrIn.Length);
    }
}
