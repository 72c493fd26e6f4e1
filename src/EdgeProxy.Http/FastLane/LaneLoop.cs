using System.Globalization;
using System.Net.Sockets;
using System.Text;
using EdgeProxy.Http.Endpoints;
using EdgeProxy.Http.Reporting;
using EdgeProxy.Model;
using EdgeProxy.Model.Policies;
using EdgeProxy.Transport.Loops;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Http.FastLane;

/// <summary>The fast lane of one loop: its connections, and what they share. To be used on the loop, except where it says otherwise.</summary>
internal sealed class LaneLoop
{
    /// <summary>Most bytes of a read.</summary>
    public const int ReadSize = 64 * 1024;

    /// <summary>Room before and behind the bytes of a read for what frames them as a chunk.</summary>
    public const int Margin = 16;

    // Heads beyond it are rare, and Kestrel's own limits may be lower still.
    private const int MaxHeadLength = 8 * 1024;

    private readonly HashSet<LaneConnection> _connections = [];
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RequestLedger _ledger;
    private HttpSettings? _judged;
    private bool _isPlain;
    private TimeSpan _dateUntil = TimeSpan.MinValue;
    private byte[] _date = [];
    private long _served;
    private long _handedOver;

    public LaneLoop(EventLoop loop, HttpFrontendOptions options, SnapshotPublisher snapshots, RequestLedger ledger, ILogger logger, TimeProvider time)
    {
        Loop = loop;
        Options = options;
        Snapshots = snapshots;
        Logger = logger;
        Time = time;
        _ledger = ledger;
        Upstreams = new UpstreamPool(loop, options);
        Head = new RequestHead(Math.Min(MaxHeadLength, Math.Min(options.MaxRequestHeadersSize, options.MaxRequestLineSize)));
    }

    /// <summary>The loop.</summary>
    public EventLoop Loop { get; }

    /// <summary>Limits and timeouts.</summary>
    public HttpFrontendOptions Options { get; }

    /// <summary>What is served.</summary>
    public SnapshotPublisher Snapshots { get; }

    /// <summary>Hears of endpoints that are ejected.</summary>
    public ILogger Logger { get; }

    /// <summary>The clock of what is logged; timers go by the loop's.</summary>
    public TimeProvider Time { get; }

    /// <summary>What is counted.</summary>
    public HttpMetrics Metrics => _ledger.Metrics;

    /// <summary>Connections to endpoints.</summary>
    public UpstreamPool Upstreams { get; }

    /// <summary>The request head being looked at.</summary>
    public RequestHead Head { get; }

    /// <summary>The answer's head being looked at.</summary>
    public AnswerHead Answer { get; } = new();

    /// <summary>Host headers of late.</summary>
    public HostNameCache Hosts { get; } = new();

    /// <summary>What everything is read into; it does not outlive the call that filled it.</summary>
    public byte[] Input { get; } = new byte[Margin + ReadSize + Margin];

    /// <summary>What is put together to be sent; as short-lived.</summary>
    public byte[] Output { get; } = new byte[3 * ReadSize];

    /// <summary>The target being looked at, as text.</summary>
    public char[] Target { get; } = new char[MaxHeadLength];

    /// <summary>Clients are told to connect anew, with the answer to their next request.</summary>
    public bool IsLeaving { get; private set; }

    /// <summary>There is no next request either.</summary>
    public bool IsDraining { get; private set; }

    /// <summary>Requests begun since start. Any thread.</summary>
    public long Served => Volatile.Read(ref _served);

    /// <summary>Connections given away since start. Any thread.</summary>
    public long HandedOver => Volatile.Read(ref _handedOver);

    /// <summary>The Date header line of now (RFC 9110 §6.6.1).</summary>
    public ReadOnlySpan<byte> Date
    {
        get
        {
            if (Loop.Now >= _dateUntil)
            {
                var now = Time.GetUtcNow();
                _date = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"Date: {now:R}\r\n"));
                _dateUntil = Loop.Now + TimeSpan.FromTicks(TimeSpan.TicksPerSecond - (now.Ticks % TimeSpan.TicksPerSecond));
            }

            return _date;
        }
    }

    /// <summary>Begins to serve a connection.</summary>
    public void Take(Socket socket, ClientConnection client, Action<Socket, byte[]> handOver)
    {
        var connection = new LaneConnection(this, client, handOver);
        if (connection.Start(socket))
        {
            _connections.Add(connection);
            Metrics.ConnectionAccepted(https: false);
            if (IsDraining)
            {
                connection.BeginDrain();
            }
        }
    }

    /// <summary>Whether these settings ask for nothing but forwarding; worked out once for each.</summary>
    public bool IsPlain(HttpSettings settings)
    {
        if (!ReferenceEquals(settings, _judged))
        {
            _judged = settings;
            _isPlain = LaneRules.IsPlain(settings);
        }

        return _isPlain;
    }

    /// <summary>Forgets a connection, which is closed or somebody else's.</summary>
    public void Remove(LaneConnection connection)
    {
        Metrics.ConnectionClosed(https: false);
        Forget(connection);
    }

    /// <summary>Forgets one that was given away, and goes on being counted there.</summary>
    public void RemoveHandedOver(LaneConnection connection)
    {
        _handedOver++;
        Forget(connection);
    }

    /// <summary>Counts a request that is served here.</summary>
    public void CountServed()
    {
        _served++;
        _ledger.Begin(https: false);
    }

    /// <summary>Takes note of the end of a request.</summary>
    public void Note(LaneRequest request, ResponseReason reason, int status) => _ledger.End(request, reason, status);

    /// <summary>Any thread. From now on each connection ends with its next request.</summary>
    public void Leave() => Loop.TryPost(() => IsLeaving = true);

    /// <summary>Any thread. Completes when the last connection has ended; those without a request end at once.</summary>
    public Task DrainAsync() => Loop.TryPost(BeginDrain) ? _drained.Task : Task.CompletedTask;

    /// <summary>Resets what is left.</summary>
    public void Abort()
    {
        foreach (var connection in _connections.ToArray())
        {
            connection.Abort();
        }
    }

    private void BeginDrain()
    {
        IsLeaving = true;
        IsDraining = true;
        foreach (var connection in _connections.ToArray())
        {
            connection.BeginDrain();
        }

        EndDrain();
    }

    private void Forget(LaneConnection connection)
    {
        _connections.Remove(connection);
        EndDrain();
    }

    private void EndDrain()
    {
        if (IsDraining && _connections.Count == 0)
        {
            Upstreams.Clear();
            _drained.TrySetResult();
        }
    }
}
