using System.Buffers;
using System.Text;
using EdgeProxy.Http.Endpoints;
using EdgeProxy.Http.Forwarding;
using EdgeProxy.Http.Reporting;
using EdgeProxy.Model;
using EdgeProxy.Model.Policies;
using EdgeProxy.Model.Routing;
using EdgeProxy.Model.Scheduling;
using EdgeProxy.Transport.Tcp;

namespace EdgeProxy.Http.FastLane;

/// <summary>
/// One request on its way through the fast lane: (1) find its route and write it as the endpoint gets it; (2) pick an endpoint and take a
/// connection to it, or make one; (3) send; (4) pass on the answer (<c>LaneRequest.Answering</c>). A try that fails before the head of an answer
/// goes on with the next endpoint, by the same rules as on Kestrel's side (<see cref="UpstreamTries"/>).
/// </summary>
/// <remarks>Owns the connection to the endpoint while it lasts, and the bytes it sends: they are kept to be sent again, and for the log.</remarks>
internal sealed partial class LaneRequest : IServedRequest
{
    // What we add to a head, with room to spare.
    private const int AddedLength = 1024;

    private readonly LaneLoop _lane;
    private readonly LaneConnection _connection;
    private readonly UpstreamTries _tries;
    private readonly string _method;
    private readonly bool _wantsClose;
    private readonly bool _hasBody;
    private readonly byte[] _bytes;
    private readonly int _headLength;
    private readonly int _length;
    private int _sent;
    private long _triedAt;
    private long _sentAt;
    private UpstreamConnection? _upstream;
    private bool _isReused;
    private bool _isConnecting;
    private TimeSpan _lastActive;
    private bool _isHeld;
    private bool _isOver;

    private LaneRequest(LaneLoop lane, LaneConnection connection, ProxySnapshot snapshot, Route route, ServicePort port, ReadOnlySpan<byte> bytes)
    {
        _lane = lane;
        _connection = connection;
        Snapshot = snapshot;
        Route = route;
        ServicePort = port;
        StartedAt = lane.Time.GetTimestamp();
        var head = lane.Head;
        _method = head.Method;
        _wantsClose = head.WantsClose;
        _hasBody = head.BodyLength > 0;
        _bytes = ArrayPool<byte>.Shared.Rent((2 * head.Length) + (int)head.BodyLength + AddedLength);
        _headLength = WriteHead(head, bytes);
        bytes[head.Length..].CopyTo(_bytes.AsSpan(_headLength));
        _length = _headLength + bytes.Length - head.Length;
        _tries = new UpstreamTries(route.Forwarding, port, EndpointWish.None, Client, _method, replaysBody: true, lane.Time);
    }

    /// <summary>Who asks.</summary>
    public ClientConnection Client => _connection.Client;

    /// <summary>The snapshot it is served from.</summary>
    public ProxySnapshot Snapshot { get; }

    /// <summary>The route taken.</summary>
    public Route Route { get; }

    /// <summary>The service port that serves it.</summary>
    public ServicePort ServicePort { get; }

    /// <summary>When it began; see <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long StartedAt { get; }

    /// <summary>The endpoint tried last.</summary>
    public Backend? Backend { get; private set; }

    /// <summary>How many endpoints were tried.</summary>
    public int Tries => _tries.Count;

    /// <summary>When something must have happened, on the clock of the loop.</summary>
    public TimeSpan Due => _lastActive + (_isConnecting ? ConnectTimeout : Silence);

    private TransferPolicy Transfer => Route.Forwarding.Transfer;

    private TimeSpan ConnectTimeout => Transfer.ConnectTimeout ?? _lane.Options.ConnectTimeout;

    // As RequestConfigs: the longest silence in either direction.
    private TimeSpan Silence
    {
        get
        {
            var read = Transfer.ReadTimeout ?? _lane.Options.ActivityTimeout;
            var send = Transfer.SendTimeout ?? _lane.Options.ActivityTimeout;
            return _hasBody && send > read ? send : read;
        }
    }

    // RFC 9112 §9.3.1: a connection that ended without a word, after it had been kept, has most likely ended before the request came.
    private bool MaySendAgain => _isReused && !_isHeard && (!_hasBody || UpstreamTries.IsIdempotent(_method));

    /// <summary>1. Begins with a request whose head is <see cref="LaneLoop.Head"/>; null when it is not for the fast lane.</summary>
    public static LaneRequest? TryBegin(LaneLoop lane, LaneConnection connection, ReadOnlySpan<byte> bytes)
    {
        var head = lane.Head;
        var snapshot = lane.Snapshots.Current;
        if (!lane.IsPlain(snapshot.Http) || RequestTracing.Wants(snapshot.Http) || snapshot.Http.Forwarded?.Trusts(connection.Client.Endpoint.Address) == true)
        {
            return null;
        }

        var target = lane.Target.AsSpan(0, Encoding.Latin1.GetChars(bytes[head.Target], lane.Target));
        if (!RequestPath.TryNormalize(target, out var path)
            || (snapshot.Routes.Find(lane.Hosts.Find(bytes[head.Host]), path) ?? snapshot.DefaultRoute) is not { } route
            || !LaneRules.IsPlain(route)
            || route.Backend is not { } backend
            || snapshot.Find(backend) is not { } port
            || !LaneRules.IsPlain(route.Forwarding.Upstream, port))
        {
            return null;
        }

        var limit = route.Forwarding.Transfer.MaxBodySize ?? lane.Options.MaxRequestBodySize;
        return limit > 0 && head.BodyLength > limit ? null : new LaneRequest(lane, connection, snapshot, route, port, bytes);
    }

    /// <summary>2. Sends it to an endpoint.</summary>
    public void Send()
    {
        if (_tries.Next() is not { } backend)
        {
            Answer(ResponseReason.NoEndpoint);
            return;
        }

        Backend = backend;
        _triedAt = _lane.Time.GetTimestamp();
        backend.Hold();
        _isHeld = true;
        _upstream = _lane.Upstreams.Take(backend.Address, this);
        _isReused = _upstream is not null;
        if (_isReused)
        {
            SendOn();
        }
        else
        {
            Dial();
        }
    }

    /// <summary>The connection is there.</summary>
    public void OnConnected()
    {
        _isConnecting = false;
        SendOn();
    }

    /// <summary>It never came about.</summary>
    public void OnDialFailed(DialError error) => Fail(error == DialError.Timeout ? ResponseReason.ConnectTimeout : ResponseReason.ConnectFailed);

    /// <summary>The endpoint said something, or can be sent more.</summary>
    public void OnUpstreamReady()
    {
        if (_sent < _length && _upstream!.Socket.IsWritable)
        {
            SendRest();
        }

        ReadAnswer();
    }

    /// <summary>The client took what waited for it, or some of it.</summary>
    public void OnClientTook()
    {
        _lastActive = _lane.Loop.Now;
        if (_connection.HasPending)
        {
            return;
        }

        if (_isAnswered)
        {
            Complete();
        }
        else
        {
            ReadAnswer();
        }
    }

    /// <summary>Nobody waits for the answer any more.</summary>
    public void OnClientGone() => Cut(ResponseReason.ClientGone);

    /// <summary>Something threw: nothing is known of this request any more.</summary>
    public void Abandon() => Cut(ResponseReason.InternalError);

    /// <summary><see cref="Due"/> has come.</summary>
    public void OnTimeout()
    {
        if (_isAnswered)
        {
            Cut(ResponseReason.ClientGone); // it takes nothing
        }
        else if (_isConnecting)
        {
            OnDialFailed(DialError.Timeout);
        }
        else if (UpstreamStatus == 0)
        {
            Fail(ResponseReason.UpstreamTimeout);
        }
        else
        {
            Cut(_connection.HasPending ? ResponseReason.ClientGone : ResponseReason.UpstreamTimeout);
        }
    }

    private int WriteHead(RequestHead head, ReadOnlySpan<byte> from)
    {
        var host = from[head.Host];
        var to = new ByteWriter(_bytes);
        to.Write(from[..head.LineLength]);
        to.WriteLine("Host: "u8, host);
        head.Lines.WriteTo(ref to, from);
        if (head.LacksLength)
        {
            to.Write("Content-Length: 0\r\n"u8);
        }

        to.WriteLine("X-Forwarded-Host: "u8, host);
        to.Write(_connection.ClientLines);
        if (head.RequestId is { End.Value: > 0 } id)
        {
            to.WriteLine("X-Request-ID: "u8, from[id]);
        }
        else if (Snapshot.Http.GeneratesRequestId)
        {
            Span<byte> made = stackalloc byte[RequestId.NewLength];
            RequestId.WriteNew(made);
            to.WriteLine("X-Request-ID: "u8, made);
        }

        if (head.ForwardedFor is { } claimed)
        {
            to.WriteLine("X-Original-Forwarded-For: "u8, from[claimed]);
        }

        if (head.ForwardedHost is { } claimedHost)
        {
            to.WriteLine("X-Original-Forwarded-Host: "u8, from[claimedHost]);
        }

        to.Write("\r\n"u8);
        return to.Length;
    }

    private void Dial()
    {
        _isReused = false;
        _isConnecting = true;
        _lastActive = _lane.Loop.Now;
        _upstream = _lane.Upstreams.Dial(Backend!.Address, this, out var error); // there is one: it was picked
        if (_upstream is null)
        {
            OnDialFailed(error);
        }
        else
        {
            _connection.WakeAt(Due);
        }
    }

    // 3
    private void SendOn()
    {
        _sent = 0;
        _isHeard = false;
        _sentAt = _lane.Time.GetTimestamp();
        _lastActive = _lane.Loop.Now;
        _connection.WakeAt(Due);
        SendRest();
        ReadAnswer(); // what came with the handshake, or was there before a send that broke, has no edge of its own
    }

    private void SendRest()
    {
        var sent = _upstream!.Socket.Send(_bytes.AsSpan(_sent.._length));
        if (sent >= 0)
        {
            _sent += sent;
            _lastActive = _lane.Loop.Now;
        }
    }

    /// <summary>The endpoint has ended the connection before the head of an answer.</summary>
    private void OnUpstreamEnded()
    {
        if (MaySendAgain)
        {
            DropUpstream();
            Dial();
        }
        else
        {
            Fail(ResponseReason.UpstreamReset);
        }
    }

    /// <summary>A try failed before the head of an answer.</summary>
    private void Fail(ResponseReason reason)
    {
        if (_isOver)
        {
            return;
        }

        var backend = Backend!; // it was tried
        EndTry(reason);
        if (reason is ResponseReason.ConnectFailed or ResponseReason.ConnectTimeout && ServicePort.ReportFailed(backend) is { } ejectedFor)
        {
            _lane.Metrics.Ejected();
            HttpLog.Ejected(_lane.Logger, backend, ServicePort.Name, ejectedFor, reason);
        }

        if (_tries.GoesOnAfter(reason))
        {
            Send();
        }
        else
        {
            Answer(reason);
        }
    }

    private void EndTry(ResponseReason reason)
    {
        DropUpstream();
        DropKept();
        _isConnecting = false;
        if (_isHeld)
        {
            _isHeld = false;
            Backend!.Release();
            _lane.Metrics.Tried(_method, UpstreamStatus, reason, UpstreamStatus == 0 ? _lane.Time.GetElapsedTime(_triedAt) : UpstreamTime);
        }
    }

    private void DropUpstream()
    {
        if (_upstream is { } upstream)
        {
            _upstream = null;
            upstream.User = null;
            upstream.Socket.Close();
        }
    }

    /// <summary>Ends the request and the connection it came by, with an answer that is cut short or none.</summary>
    private void Cut(ResponseReason reason)
    {
        if (_isOver)
        {
            return;
        }

        EndTry(reason);
        End(reason, reason == ResponseReason.ClientGone || UpstreamStatus == 0 ? reason.Status() : UpstreamStatus);
        _connection.Reset();
    }

    private void Complete()
    {
        if (_isOver)
        {
            return;
        }

        End(_outcome, _outcome == ResponseReason.Forwarded ? UpstreamStatus : _outcome.Status());
        _connection.OnAnswered(_isLast);
    }

    private void End(ResponseReason reason, int status)
    {
        _isOver = true;
        _lane.Note(this, reason, status);
        ArrayPool<byte>.Shared.Return(_bytes);
    }
}
