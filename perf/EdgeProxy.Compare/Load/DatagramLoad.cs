using System.Runtime.CompilerServices;
using EdgeProxy.Compare.Native;

namespace EdgeProxy.Compare.Load;

/// <summary>Clients that each keep some datagrams in flight from one source port (U1). A datagram carries the time it was sent at.</summary>
internal sealed unsafe class DatagramLoad(SockAddrIn target, int clients, int inFlight) : EventLoop
{
    private const int DatagramSize = 64;

    // Far beyond any answer here; what is not back by then is lost.
    private const long LostAfterNanoseconds = 300_000_000;

    private readonly LoadCounters _counters = new();
    private readonly Client[] _clients = new Client[clients];
    private readonly MessageBatch _received = new(inFlight, DatagramSize, withAddresses: false);
    private readonly MessageBatch _sent = new(inFlight, DatagramSize, withAddresses: false);
    private long _lookedAt = LoadCounters.Now;

    protected override void Start()
    {
        for (var key = 0; key < _clients.Length; key++)
        {
            var descriptor = NativeSocket.OpenDatagram();
            NativeSocket.GrowReceiveBuffer(descriptor);
            _ = NativeSocket.Connect(descriptor, target);
            _clients[key].Descriptor = descriptor;
            Add(descriptor, key, In);
            Refill(ref _clients[key]);
        }
    }

    protected override string Answer() => _counters.Take().ToString();

    protected override void OnReady(int key, uint events)
    {
        ref var client = ref _clients[key];
        var count = _received.Receive(client.Descriptor);
        if (count < 0)
        {
            _counters.Errors++;
            return;
        }

        for (var i = 0; i < count; i++)
        {
            _counters.Done(Unsafe.ReadUnaligned<long>(_received.Bytes(i)));
        }

        client.Waiting = Math.Max(0, client.Waiting - count);
        Refill(ref client);
    }

    protected override void OnTurn()
    {
        var now = LoadCounters.Now;
        if (now - _lookedAt < LostAfterNanoseconds / 3)
        {
            return;
        }

        _lookedAt = now;
        foreach (ref var client in _clients.AsSpan())
        {
            if (now - client.SentAt > LostAfterNanoseconds)
            {
                _counters.Errors += client.Waiting;
                client.Waiting = 0;
                Refill(ref client);
            }
        }
    }

    private void Refill(ref Client client)
    {
        var count = inFlight - client.Waiting;
        client.SentAt = LoadCounters.Now;
        for (var i = 0; i < count; i++)
        {
            Unsafe.WriteUnaligned(_sent.Bytes(i), client.SentAt);
        }

        client.Waiting += Math.Max(0, _sent.Send(client.Descriptor, count));
    }

    private struct Client
    {
        public int Descriptor;
        public int Waiting;
        public long SentAt;
    }
}
