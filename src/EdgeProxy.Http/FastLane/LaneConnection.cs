using System.Buffers;
using System.Net.Sockets;
using System.Text;
using EdgeProxy.Http.Endpoints;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tcp;

namespace EdgeProxy.Http.FastLane;

/// <summary>
/// One client's connection: (1) read until a request is whole; (2) have it served, if it is one for the fast lane, else give the connection to
/// Kestrel with all bytes from that request on; (3) when it is answered go on with what was read behind it.
/// </summary>
/// <remarks>
/// Owns the socket. One request at a time: what a client sends ahead waits, mostly in the kernel. Holds no memory for bytes while there are none.
/// </remarks>
internal sealed class LaneConnection : ILoopSocketOwner
{
    /// <summary>Most bytes of a request with its body; what is larger Kestrel streams.</summary>
    private const int MaxRequestLength = 64 * 1024;

    private const int FirstKept = 4 * 1024;

    // A request that is not whole by then is Kestrel's, which knows how to answer those that never will be.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // As long as nginx reads on (lingering_timeout), so that a client that still sends gets its last answer rather than a reset.
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(5);

    private readonly LaneLoop _lane;
    private readonly Action<Socket, byte[]> _handOver;
    private readonly LoopTimer _timer;
    private LoopSocket _socket = null!; // set by Start, before anything else
    private LaneRequest? _request;
    private byte[]? _client;
    private Phase _phase;
    private TimeSpan _since;
    private TimeSpan _timerDue;
    private bool _isReading;

    // Bytes that were read and belong to no request in progress.
    private byte[] _kept = [];
    private int _keptCount;
    private bool _isPartial;

    // Bytes for the client that it has not taken.
    private byte[] _pending = [];
    private int _pendingStart;
    private int _pendingEnd;

    public LaneConnection(LaneLoop lane, ClientConnection client, Action<Socket, byte[]> handOver)
    {
        _lane = lane;
        Client = client;
        _handOver = handOver;
        _timer = new LoopTimer(lane.Loop, static state => ((LaneConnection)state!).OnTimer(), this);
    }

    private enum Phase : byte
    {
        Reading,
        Serving,
        Lingering,
        Closed,
    }

    /// <summary>Who it is.</summary>
    public ClientConnection Client { get; }

    /// <summary>Some of what was sent waits for the client to take it.</summary>
    public bool HasPending => _pendingEnd > 0;

    /// <summary>The client can be sent nothing more.</summary>
    public bool IsBroken => _socket.HasFailed;

    /// <summary>The header lines that tell endpoints of the client, the same for all its requests.</summary>
    public ReadOnlySpan<byte> ClientLines => _client ??= Encoding.Latin1.GetBytes(
        $"X-Forwarded-For: {Client.AddressText}\r\nX-Forwarded-Port: {Client.Port}\r\nX-Forwarded-Proto: {Client.Scheme}\r\n"
        + $"X-Forwarded-Scheme: {Client.Scheme}\r\nX-Scheme: {Client.Scheme}\r\nX-Real-IP: {Client.AddressText}\r\n");

    // Half of HTTP/2's preface does not tell yet which of Kestrel's entrances is meant.
    private TimeSpan PatienceWithKept =>
        ConnectionIntake.Http2Preface.StartsWith(_kept.AsSpan(0, _keptCount)) ? _lane.Options.RequestHeadersTimeout : Patience;

    /// <summary>Begins to serve; false when there is no room for it, and it is closed.</summary>
    public bool Start(Socket socket)
    {
        if (LoopSocket.Adopt(_lane.Loop, socket, this) is not { } adopted)
        {
            return false;
        }

        _socket = adopted;
        BeginReading();
        return true;
    }

    /// <summary>Ends a connection without a request; one with a request ends with it.</summary>
    public void BeginDrain()
    {
        if (_phase == Phase.Reading)
        {
            ReadMore(); // a request that is here already is no less welcome than one that was begun
        }

        if (_phase == Phase.Reading)
        {
            Close();
        }
    }

    /// <summary>Ends it now, and its request.</summary>
    public void Abort()
    {
        if (_request is { } request)
        {
            request.OnClientGone();
        }
        else
        {
            Reset();
        }
    }

    /// <inheritdoc />
    public void OnReady(LoopSocket socket)
    {
        switch (_phase)
        {
            case Phase.Reading:
                Read();
                break;
            case Phase.Serving when socket.HasFailed || socket.HasPeerClosed:
                // As on Kestrel's side: who has finished sending is taken for gone.
                _request!.OnClientGone();
                break;
            case Phase.Serving when HasPending && socket.IsWritable:
                SendPending();
                break;
            case Phase.Lingering:
                ReadToEnd();
                break;
        }
    }

    /// <inheritdoc />
    public void OnAbandoned(LoopSocket socket)
    {
        if (_request is { } request)
        {
            request.Abandon();
        }
        else
        {
            Reset();
        }
    }

    /// <summary>Sends to the client: true when all was taken. Else the rest follows by itself, and the request hears of it, or the client is gone.</summary>
    public bool Send(ReadOnlySpan<byte> bytes)
    {
        var sent = _socket.Send(bytes);
        if (sent == bytes.Length)
        {
            return true;
        }

        if (sent != LoopSocket.Broken)
        {
            var rest = bytes[Math.Max(sent, 0)..];
            _pending = ArrayPool<byte>.Shared.Rent(rest.Length);
            rest.CopyTo(_pending);
            _pendingStart = 0;
            _pendingEnd = rest.Length;
        }

        return false;
    }

    /// <summary>Has the timer fire at a time, or earlier; what is due is looked up then. Mostly it is set already and this costs nothing.</summary>
    public void WakeAt(TimeSpan due)
    {
        if (!_timer.IsRunning || due < _timerDue)
        {
            _timerDue = due;
            _timer.Start(due - _lane.Loop.Now);
        }
    }

    /// <summary>The request was answered in full.</summary>
    public void OnAnswered(bool isLast)
    {
        _request = null;
        if (isLast || _lane.IsDraining)
        {
            BeginLinger();
            return;
        }

        BeginReading();
        Read();
    }

    /// <summary>Ends a connection whose answer is cut short, or nobody waits for.</summary>
    public void Reset()
    {
        if (End())
        {
            _socket.Reset();
        }
    }

    private void BeginReading()
    {
        _phase = Phase.Reading;
        _since = _lane.Loop.Now;
        WakeAt(_since + _lane.Options.KeepAliveTimeout);
    }

    // 1
    private void Read()
    {
        if (_isReading)
        {
            return; // a request was answered at once, and the loop below goes on
        }

        _isReading = true;
        while (_phase == Phase.Reading && (ReadKept() || (_socket.IsReadable && ReadMore())))
        {
        }

        _isReading = false;
    }

    private bool ReadKept()
    {
        if (_keptCount == 0 || _isPartial)
        {
            return false;
        }

        Consume(_kept.AsSpan(0, _keptCount));
        return true;
    }

    private bool ReadMore()
    {
        if (_keptCount == 0)
        {
            var input = _lane.Input.AsSpan(LaneLoop.Margin, LaneLoop.ReadSize);
            var count = _socket.Receive(input);
            return Came(count) && Consume(input[..count]);
        }

        if (_keptCount == _kept.Length)
        {
            Grow();
        }

        var more = _socket.Receive(_kept.AsSpan(_keptCount));
        if (!Came(more))
        {
            return false;
        }

        _keptCount += more;
        return Consume(_kept.AsSpan(0, _keptCount));
    }

    /// <summary>True when bytes came; else there are none now, or the client has ended.</summary>
    private bool Came(int count)
    {
        if (count > 0)
        {
            return true;
        }

        if (count == 0 && _keptCount > 0)
        {
            HandOver(_kept.AsSpan(0, _keptCount)); // half a request: its sender is told
        }
        else if (count != LoopSocket.Again)
        {
            Close();
        }

        return false;
    }

    /// <summary>2. Looks at what there is, from the beginning of a request on.</summary>
    private bool Consume(ReadOnlySpan<byte> bytes)
    {
        var head = _lane.Head;
        var verdict = head.Parse(bytes);
        var length = verdict == HeadVerdict.Plain ? head.Length + head.BodyLength : 0;
        if (verdict == HeadVerdict.Other || length > MaxRequestLength)
        {
            HandOver(bytes);
        }
        else if (verdict == HeadVerdict.Incomplete || length > bytes.Length)
        {
            if (!_isPartial)
            {
                _isPartial = true;
                _since = _lane.Loop.Now;
                WakeAt(_since + Patience);
            }

            Keep(bytes);
        }
        else if (LaneRequest.TryBegin(_lane, this, bytes[..(int)length]) is { } request)
        {
            _lane.CountServed();
            _isPartial = false;
            Keep(bytes[(int)length..]);
            _phase = Phase.Serving;
            _request = request;
            if (_socket.HasPeerClosed)
            {
                request.OnClientGone();
            }
            else
            {
                request.Send();
            }
        }
        else
        {
            HandOver(bytes);
        }

        return true;
    }

    /// <summary>Keeps bytes, which may be some of those that are kept.</summary>
    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            DropKept();
            return;
        }

        if (bytes.Length > _kept.Length)
        {
            DropKept();
            _kept = ArrayPool<byte>.Shared.Rent(Math.Max(bytes.Length, FirstKept));
        }

        bytes.CopyTo(_kept);
        _keptCount = bytes.Length;
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(_kept.Length * 2);
        _kept.AsSpan(0, _keptCount).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_kept);
        _kept = larger;
    }

    private void DropKept()
    {
        if (_kept.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_kept);
            _kept = [];
        }

        _keptCount = 0;
    }

    private void SendPending()
    {
        var sent = _socket.Send(_pending.AsSpan(_pendingStart.._pendingEnd));
        if (sent == LoopSocket.Broken)
        {
            _request!.OnClientGone(); // only a request leaves something to send
            return;
        }

        _pendingStart += Math.Max(sent, 0);
        if (_pendingStart == _pendingEnd)
        {
            DropPending();
        }

        _request!.OnClientTook();
    }

    private void DropPending()
    {
        if (_pending.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_pending);
            _pending = [];
            _pendingEnd = 0;
        }
    }

    private void HandOver(ReadOnlySpan<byte> unread)
    {
        var first = unread.ToArray();
        if (EndWithoutNotice())
        {
            _lane.RemoveHandedOver(this);
            _handOver(_socket.Release(), first);
        }
    }

    /// <summary>The client was told that this was all: it may read, and may still be sending what nobody wants.</summary>
    private void BeginLinger()
    {
        if (_keptCount == 0 && !_socket.IsReadable)
        {
            Close();
            return;
        }

        _phase = Phase.Lingering;
        _since = _lane.Loop.Now;
        _socket.FinishSending();
        WakeAt(_since + Linger);
        ReadToEnd();
    }

    private void ReadToEnd()
    {
        while (_socket.IsReadable)
        {
            if (_socket.Receive(_lane.Input) is 0 or LoopSocket.Broken)
            {
                Close();
                return;
            }
        }
    }

    private void OnTimer()
    {
        var due = _phase switch
        {
            Phase.Reading => _since + (_isPartial ? PatienceWithKept : _lane.Options.KeepAliveTimeout),
            Phase.Serving => _request!.Due,
            _ => _since + Linger,
        };
        if (due > _lane.Loop.Now)
        {
            WakeAt(due);
        }
        else if (_phase == Phase.Serving)
        {
            _request!.OnTimeout();
        }
        else if (_isPartial)
        {
            HandOver(_kept.AsSpan(0, _keptCount));
        }
        else
        {
            Close();
        }
    }

    private void Close()
    {
        if (End())
        {
            _socket.Close();
        }
    }

    private bool End()
    {
        if (!EndWithoutNotice())
        {
            return false;
        }

        _lane.Remove(this);
        return true;
    }

    private bool EndWithoutNotice()
    {
        if (_phase == Phase.Closed)
        {
            return false;
        }

        _phase = Phase.Closed;
        _request = null;
        _timer.Stop();
        DropKept();
        DropPending();
        return true;
    }
}
