using EdgeProxy.Dns.Wire;

namespace EdgeProxy.Dns;

/// <summary>What the DNS server counts. Read at any time from any thread; each number is right, together they may be a moment apart.</summary>
public sealed class DnsCounters
{
    private const int TypeCount = 256;
    private const int CodeCount = 24;

    private readonly long[] _queries = new long[TypeCount];
    private readonly long[] _responses = new long[CodeCount];
    private long _truncated;
    private long _forwarded;
    private long _tcpConnections;
    private long _unreadable;

    /// <summary>Responses that did not fit into a datagram.</summary>
    public long Truncated => Volatile.Read(ref _truncated);

    /// <summary>Queries for other zones, answered or not.</summary>
    public long Forwarded => Volatile.Read(ref _forwarded);

    /// <summary>TCP connections accepted.</summary>
    public long TcpConnections => Volatile.Read(ref _tcpConnections);

    /// <summary>Datagrams and messages that were no query; those too short to be answered have no response.</summary>
    public long Unreadable => Volatile.Read(ref _unreadable);

    /// <summary>Questions of a type; <see cref="RecordType.None"/> has those above 255.</summary>
    public long Queries(RecordType type) => Volatile.Read(ref _queries[Index(type)]);

    /// <summary>Responses with a code, those of upstream servers among them.</summary>
    public long Responses(ResponseCode code) => Volatile.Read(ref _responses[(int)code]);

    internal void CountQuery(RecordType type) => Interlocked.Increment(ref _queries[Index(type)]);

    internal void CountResponse(ResponseCode code) => Interlocked.Increment(ref _responses[(int)code]);

    internal void CountTruncated() => Interlocked.Increment(ref _truncated);

    internal void CountForwarded() => Interlocked.Increment(ref _forwarded);

    internal void CountTcpConnection() => Interlocked.Increment(ref _tcpConnections);

    internal void CountUnreadable() => Interlocked.Increment(ref _unreadable);

    private static int Index(RecordType type) => (int)type < TypeCount ? (int)type : 0;
}
