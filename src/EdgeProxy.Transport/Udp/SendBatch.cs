using System.Runtime.InteropServices;
using EdgeProxy.Transport.Interop;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Transport.Udp;

/// <summary>Datagrams on their way out of one socket by one sendmmsg(2). Equal sizes to one peer, one after the other, become one message.</summary>
/// <remarks>
/// One UDP_SEGMENT message passes through the kernel once, whatever it carries; with a single datagram the option costs more than it saves,
/// so it is set from the second one on. Owns the headers, borrows the bytes until <see cref="Flush"/>.
/// </remarks>
internal sealed unsafe class SendBatch(LoopCounters counters) : IDisposable
{
    private const int Capacity = 64;

    // include/linux/udp.h: 64 until Linux 6.9, 128 since.
    private const int MaxSegments = 64;

    // One IPv4 packet before it is cut; IPv6 would have room for 20 bytes more.
    private const int MaxRunBytes = 65_507;

    private readonly MMsgHdr* _headers = NewHeaders();
    private DatagramSocket? _socket;
    private int _count;
    private int _vectors;

    // The message that the next datagram may join; its size is 0 when none may.
    private IpEndpoint _lastPeer;
    private int _lastSegment;
    private int _lastBytes;
    private int _lastDatagrams;

    private Message* Messages => (Message*)(_headers + Capacity);

    private IoVec* Vectors => (IoVec*)(Messages + Capacity);

    private ControlMessage* Controls => (ControlMessage*)(Vectors + Capacity);

    private SockAddr* Names => (SockAddr*)(Controls + Capacity);

    /// <summary>What is added from now on leaves by this socket; what waits for another one leaves first.</summary>
    public void Begin(DatagramSocket socket)
    {
        if (socket != _socket)
        {
            Flush();
            _socket = socket;
        }
    }

    /// <summary>Adds a run, whole where the route takes it, else in pieces. The peer of a connected socket is <c>default</c>.</summary>
    public void Add(IpEndpoint peer, byte* start, int length, int segmentSize)
    {
        var datagrams = DatagramRun.CountOf(length, segmentSize);
        if (TryJoin(peer, start, length, segmentSize, datagrams))
        {
            return;
        }

        if (datagrams == 1 || (datagrams <= MaxSegments && length <= MaxRunBytes && _socket!.AllowsRunsOf(segmentSize)))
        {
            AddMessage(peer, start, length, segmentSize, datagrams);
            return;
        }

        for (var offset = 0; offset < length; offset += segmentSize)
        {
            var size = Math.Min(segmentSize, length - offset);
            Add(peer, start + offset, size, size);
        }
    }

    /// <summary>Sends everything. What the kernel does not take is dropped and counted: a datagram may be lost, a loop may not wait.</summary>
    public void Flush()
    {
        if (_socket is { } socket)
        {
            Send(socket);
            _socket = null;
        }
    }

    public void Dispose() => NativeMemory.Free(_headers);

    private static MMsgHdr* NewHeaders() => (MMsgHdr*)NativeMemory.AllocZeroed(
        Capacity, (nuint)(sizeof(MMsgHdr) + sizeof(Message) + sizeof(IoVec) + ControlMessage.Space + sizeof(SockAddr)));

    private bool TryJoin(IpEndpoint peer, byte* start, int length, int segmentSize, int datagrams)
    {
        var fits = segmentSize == _lastSegment || (datagrams == 1 && length < _lastSegment);
        if (!fits
            || length == 0
            || _lastBytes + length > MaxRunBytes
            || _lastDatagrams + datagrams > MaxSegments
            || _vectors == Capacity
            || peer != _lastPeer
            || !_socket!.AllowsRunsOf(_lastSegment))
        {
            return false;
        }

        var last = _count - 1;
        Vectors[_vectors++] = new IoVec { Base = start, Length = (nuint)length };
        _headers[last].VectorCount++;
        _lastBytes += length;
        _lastDatagrams += datagrams;
        SetDatagrams(last, _lastDatagrams, _lastSegment);
        CloseAfterShortOne(length);
        return true;
    }

    private void AddMessage(IpEndpoint peer, byte* start, int length, int segmentSize, int datagrams)
    {
        if (_count == Capacity || _vectors == Capacity)
        {
            Send(_socket!);
        }

        var index = _count++;
        ref var header = ref _headers[index];
        header = new MMsgHdr { Vectors = Vectors + _vectors, VectorCount = 1 };
        Vectors[_vectors++] = new IoVec { Base = start, Length = (nuint)length };
        if (!_socket!.IsConnected)
        {
            header.Name = Names + index;
            header.NameLength = SockAddr.Write(peer, out *header.Name);
        }

        SetDatagrams(index, datagrams, segmentSize);
        _lastPeer = peer;
        _lastSegment = segmentSize;
        _lastBytes = length;
        _lastDatagrams = datagrams;
        CloseAfterShortOne(length);
    }

    private void SetDatagrams(int index, int datagrams, int segmentSize)
    {
        Messages[index] = new Message { Datagrams = datagrams, SegmentSize = segmentSize };
        if (datagrams > 1)
        {
            Controls[index] = ControlMessage.SegmentSize(segmentSize);
            _headers[index].Control = Controls + index;
            _headers[index].ControlLength = ControlMessage.Space;
        }
    }

    // Only the last datagram of a run may be shorter.
    private void CloseAfterShortOne(int length)
    {
        if (_lastSegment > 0 && length % _lastSegment != 0)
        {
            _lastSegment = 0;
        }
    }

    private void Send(DatagramSocket socket)
    {
        var done = 0;
        var isTold = false;
        while (done < _count)
        {
            var sent = NativeSocket.SendBatch(socket.Descriptor, _headers + done, _count - done);
            if (sent > 0)
            {
                CountSent(socket, done, sent);
                done += sent;
                continue;
            }

            ref var message = ref Messages[done];
            if (sent is -Errno.EAGAIN or -Errno.ENOBUFS)
            {
                // A full send buffer or queue refuses the rest as well.
                CountDropped(done, _count - done);
                break;
            }

            if (message.Datagrams > 1 && socket.RefusesRuns(-sent, message.SegmentSize))
            {
                SendOneByOne(socket, done++);
            }
            else if (socket.IsConnected && !isTold)
            {
                // About an earlier datagram, and told once.
                isTold = true;
                socket.ErrorTold = -sent;
            }
            else
            {
                // About this one: too big, no route, denied.
                CountDropped(done++, 1);
            }
        }

        _count = 0;
        _vectors = 0;
        _lastSegment = 0;
    }

    private void SendOneByOne(DatagramSocket socket, int index)
    {
        ref var run = ref _headers[index];
        var segmentSize = (nuint)Messages[index].SegmentSize;
        for (nuint i = 0; i < run.VectorCount; i++)
        {
            // A run in one vector begins and ends with a datagram.
            for (nuint offset = 0; offset < run.Vectors[i].Length; offset += segmentSize)
            {
                var vector = new IoVec
                {
                    Base = run.Vectors[i].Base + offset,
                    Length = nuint.Min(segmentSize, run.Vectors[i].Length - offset),
                };
                var header = new MMsgHdr { Name = run.Name, NameLength = run.NameLength, Vectors = &vector, VectorCount = 1 };
                if (NativeSocket.SendBatch(socket.Descriptor, &header, 1) == 1)
                {
                    counters.Sent += socket.IsConnected ? 0 : 1;
                }
                else
                {
                    counters.SendDropped++;
                }
            }
        }
    }

    private void CountSent(DatagramSocket socket, int first, int count)
    {
        for (var i = first; i < first + count; i++)
        {
            var datagrams = Messages[i].Datagrams;
            counters.Segmented += datagrams > 1 ? 1 : 0;
            counters.Sent += socket.IsConnected ? 0 : datagrams;
        }
    }

    private void CountDropped(int first, int count)
    {
        for (var i = first; i < first + count; i++)
        {
            counters.SendDropped += Messages[i].Datagrams;
        }
    }

    private struct Message
    {
        public int Datagrams;
        public int SegmentSize;
    }
}
