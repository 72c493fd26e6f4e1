using System.Runtime.InteropServices;
using System.Text;
using EdgeProxy.Compare.Native;

namespace EdgeProxy.Compare.Load;

/// <summary>What a connection does after its answer.</summary>
internal enum AfterAnswer
{
    /// <summary>Sends the next request (T2, H1).</summary>
    AskAgain,

    /// <summary>Closes, and a new connection takes its place (T3).</summary>
    Reconnect,

    /// <summary>Stays open in silence (T4).</summary>
    StayIdle,
}

/// <summary>TCP connections with one request in flight each. The answer is the request itself (echo), or an HTTP/1.1 response.</summary>
internal sealed unsafe class RequestLoad : EventLoop
{
    // As many connections are being opened at once when they are to idle: less than any backlog.
    private const int OpeningAtOnce = 64;
    private const int BufferSize = 2048;
    private const int RequestSize = 64;

    private readonly LoadCounters _counters = new();
    private readonly SockAddrIn _target;
    private readonly AfterAnswer _then;
    private readonly SourcePorts? _sources;
    private readonly byte[][] _requests;
    private readonly bool _isHttp;
    private readonly Slot[] _slots;
    private readonly byte* _buffers;
    private int _started;
    private int _nextRequest;

    /// <param name="target">Where to connect.</param>
    /// <param name="connections">How many at a time.</param>
    /// <param name="then">What follows an answer.</param>
    /// <param name="hosts">Host names asked in turn over HTTP; 0 for echo.</param>
    /// <param name="sources">Source addresses, or null for the kernel's choice.</param>
    public RequestLoad(SockAddrIn target, int connections, AfterAnswer then, int hosts, SourcePorts? sources)
    {
        (_target, _then, _sources, _isHttp) = (target, then, sources, hosts > 0);
        _requests = _isHttp ? [.. Enumerable.Range(0, hosts).Select(HttpRequest)] : [new byte[RequestSize]];
        _slots = new Slot[connections];
        _buffers = (byte*)NativeMemory.Alloc((nuint)(_isHttp ? connections * BufferSize : BufferSize));
    }

    public static string HostName(int index) => $"host-{index}.example.test";

    protected override void Start()
    {
        var first = _then == AfterAnswer.StayIdle ? Math.Min(OpeningAtOnce, _slots.Length) : _slots.Length;
        while (_started < first)
        {
            Open(_started++);
        }
    }

    protected override string Answer() => _counters.Take().ToString();

    protected override void OnReady(int key, uint events)
    {
        ref var slot = ref _slots[key];
        if (slot.Descriptor == 0)
        {
            return;
        }

        if ((events & Failed) != 0)
        {
            Reopen(key);
        }
        else if (!slot.IsConnected && (events & Out) != 0)
        {
            slot.IsConnected = true;
            Ask(key);
        }
        else if (slot.IsConnected && (events & In) != 0)
        {
            Read(key);
        }
    }

    private static byte[] HttpRequest(int index) =>
        Encoding.ASCII.GetBytes($"GET /some/path?id={index} HTTP/1.1\r\nHost: {HostName(index)}\r\nUser-Agent: edgeproxy-compare\r\nAccept: */*\r\n\r\n");

    private void Open(int key)
    {
        ref var slot = ref _slots[key];
        slot = new Slot { Descriptor = NativeSocket.OpenStream(), AskedAt = LoadCounters.Now };
        if (_sources is not null)
        {
            NativeSocket.Bind(slot.Descriptor, _sources.Next());
        }

        // A connection that fails at once is seen as an error event.
        _ = NativeSocket.Connect(slot.Descriptor, _target);
        Add(slot.Descriptor, key, In | Out | EdgeTriggered);
    }

    private void Ask(int key)
    {
        ref var slot = ref _slots[key];
        slot.Request = _nextRequest;
        _nextRequest = _nextRequest + 1 == _requests.Length ? 0 : _nextRequest + 1;
        slot.Received = 0;
        slot.AskedAt = _then == AfterAnswer.Reconnect ? slot.AskedAt : LoadCounters.Now;
        var request = _requests[slot.Request];
        fixed (byte* bytes = request)
        {
            if (NativeSocket.Send(slot.Descriptor, bytes, request.Length) != request.Length)
            {
                Reopen(key);
            }
        }
    }

    private void Read(int key)
    {
        ref var slot = ref _slots[key];
        var buffer = _isHttp ? _buffers + (key * BufferSize) : _buffers;
        var room = _isHttp ? BufferSize - slot.Received : BufferSize;
        var count = NativeSocket.Receive(slot.Descriptor, _isHttp ? buffer + slot.Received : buffer, room);
        if (count == -1)
        {
            return;
        }

        slot.Received += Math.Max(count, 0);
        var expected = _isHttp ? HttpResponse.Length(new ReadOnlySpan<byte>(buffer, slot.Received)) : RequestSize;
        if (count <= 0 || expected < 0 || slot.Received > expected || slot.Received == BufferSize)
        {
            Reopen(key);
        }
        else if (slot.Received == expected)
        {
            Answered(key);
        }
    }

    private void Answered(int key)
    {
        ref var slot = ref _slots[key];
        _counters.Done(slot.AskedAt);
        switch (_then)
        {
            case AfterAnswer.AskAgain:
                Ask(key);
                break;
            case AfterAnswer.Reconnect:
                _ = Libc.close(slot.Descriptor);
                Open(key);
                break;
            default:
                _counters.Open++;
                slot.IsIdle = true;
                if (_started < _slots.Length)
                {
                    Open(_started++);
                }

                break;
        }
    }

    private void Reopen(int key)
    {
        _counters.Errors++;
        _counters.Open -= _slots[key].IsIdle ? 1 : 0;
        _ = Libc.close(_slots[key].Descriptor);
        Open(key);
    }

    private struct Slot
    {
        public int Descriptor;
        public bool IsConnected;
        public bool IsIdle;
        public int Request;
        public int Received;
        public long AskedAt;
    }
}
