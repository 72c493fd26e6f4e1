using System.Runtime.InteropServices;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Transport.Udp;

/// <summary>
/// All datagrams of one loop, on their way in and out: received in batches, replies gathered until the turn ends, requests until the batch
/// has been looked through. Owns the memory.
/// </summary>
internal sealed unsafe class DatagramBatch : IDisposable
{
    public const int Capacity = ReceiveBatch.Capacity;

    private const int ReplyAreaSize = 1024 * 1024;

    private readonly SendBatch _replies;
    private readonly SendBatch _requests;
    private readonly byte* _replyArea = (byte*)NativeMemory.Alloc(ReplyAreaSize);
    private int _replyBytes;

    // Requests by upstream: what one flow sent stands together then, however the clients' datagrams were mixed.
    private readonly Request[] _waiting = new Request[Capacity];
    private readonly UdpUpstream?[] _senders = new UdpUpstream?[Capacity];
    private int _waitingCount;
    private int _senderCount;

    public DatagramBatch(LoopCounters counters)
    {
        _replies = new SendBatch(counters);
        _requests = new SendBatch(counters);
    }

    public ReceiveBatch Received { get; } = new();

    /// <summary>Queues replies to a client, copied. They leave when the turn ends, the batch is full, or another listener has some to send.</summary>
    public void QueueReply(DatagramSocket socket, IpEndpoint client, DatagramRun run)
    {
        if (_replyBytes + run.Length > ReplyAreaSize)
        {
            Flush();
        }

        var copy = _replyArea + _replyBytes;
        run.Bytes.CopyTo(new Span<byte>(copy, run.Length));
        _replyBytes += run.Length;
        _replies.Begin(socket);
        _replies.Add(client, copy, run.Length, run.SegmentSize);
    }

    /// <summary>Sends the replies.</summary>
    public void Flush()
    {
        _replies.Flush();
        _replyBytes = 0;
    }

    /// <summary>Queues requests for a backend, not copied: <see cref="FlushRequests"/> comes before the next receive.</summary>
    public void QueueRequest(UdpUpstream sender, DatagramRun run)
    {
        if (_waitingCount == Capacity)
        {
            FlushRequests();
        }

        var index = _waitingCount++;
        _waiting[index] = new Request { Start = run.Start, Length = run.Length, SegmentSize = run.SegmentSize, Next = -1 };
        if (sender.LastRequest < 0)
        {
            sender.FirstRequest = index;
            _senders[_senderCount++] = sender;
        }
        else
        {
            _waiting[sender.LastRequest].Next = index;
        }

        sender.LastRequest = index;
    }

    /// <summary>Sends the requests, flow by flow, each flow's in the order they came.</summary>
    public void FlushRequests()
    {
        for (var i = 0; i < _senderCount; i++)
        {
            var sender = _senders[i]!;
            _senders[i] = null;
            ref var first = ref _waiting[sender.FirstRequest];
            var isAlone = first.Next < 0 && first.Length <= first.SegmentSize;
            if (isAlone)
            {
                sender.SendNow(first.Start, first.Length);
            }
            else
            {
                SendChain(sender);
            }

            sender.LastRequest = -1;
        }

        _senderCount = 0;
        _waitingCount = 0;
    }

    public void Dispose()
    {
        _replies.Dispose();
        _requests.Dispose();
        Received.Dispose();
        NativeMemory.Free(_replyArea);
    }

    private void SendChain(UdpUpstream sender)
    {
        _requests.Begin(sender.Socket);
        for (var index = sender.FirstRequest; index >= 0; index = _waiting[index].Next)
        {
            ref var request = ref _waiting[index];
            _requests.Add(default, request.Start, request.Length, request.SegmentSize);
        }

        _requests.Flush();
        sender.ReportErrorLater();
    }

    private struct Request
    {
        public byte* Start;
        public int Length;
        public int SegmentSize;
        public int Next;
    }
}
