using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using EdgeProxy.Dns.Wire;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Dns.Forwarding;

/// <summary>Asks upstream servers: first the one that answered last, then the others in order. Nothing is kept but which one that was.</summary>
internal sealed class Forwarder(DnsServerOptions options, ILogger logger, TimeProvider time)
{
    // A lost datagram must not be the end of a question when there is only one server.
    private const int LeastTries = 2;

    private readonly ImmutableArray<IPEndPoint> _servers = options.Upstreams;
    private int _preferred;
    private int _failing;

    /// <summary>True when there is somebody to ask.</summary>
    public bool IsConfigured => !_servers.IsEmpty;

    /// <summary>The servers, for people.</summary>
    public string Description => _servers.IsEmpty ? "nobody" : string.Join(", ", _servers);

    /// <summary>
    /// Passes a query on as it is and the response back as it came, truncated or not: a client that needs more asks again by TCP, and so do we.
    /// </summary>
    /// <returns>The length of the response; 0 when no server has one.</returns>
    public async Task<int> ForwardAsync(ReadOnlyMemory<byte> query, bool byTcp, Memory<byte> response, CancellationToken cancellationToken)
    {
        var id = BinaryPrimitives.ReadUInt16BigEndian(query.Span);
        var own = query.ToArray();
        var length = 0;
        for (var attempt = 0; attempt < Math.Max(LeastTries, _servers.Length); attempt++)
        {
            var index = (Volatile.Read(ref _preferred) + attempt) % _servers.Length;
            var received = await TryAskAsync(_servers[index], own, byTcp, response, cancellationToken);
            if (received == 0)
            {
                continue;
            }

            length = received;
            BinaryPrimitives.WriteUInt16BigEndian(response.Span, id);
            if (DnsHeader.Read(response.Span).Code is not (ResponseCode.ServerFailure or ResponseCode.Refused))
            {
                Prefer(index);
                return length;
            }
        }

        // The last refusal is an answer too; silence of all is worth a line, once.
        if (length == 0 && !cancellationToken.IsCancellationRequested && Interlocked.Exchange(ref _failing, 1) == 0)
        {
            DnsLog.UpstreamsFailed(logger, Description);
        }

        return length;
    }

    /// <summary>Asks a question of our own; by TCP when the response does not fit into a datagram. Null when no server has one.</summary>
    public async Task<DnsResponse?> AskAsync(string name, RecordType type, CancellationToken cancellationToken)
    {
        var query = QueryFor(name, type);
        var response = new byte[ushort.MaxValue];
        var length = await ForwardAsync(query, byTcp: false, response, cancellationToken);
        if (length > 0 && (DnsHeader.Read(response).Flags & DnsHeader.TruncatedFlag) != 0)
        {
            length = await ForwardAsync(query, byTcp: true, response, cancellationToken);
        }

        return length > 0 && DnsResponse.TryRead(response.AsSpan(0, length), out var read) ? read : null;
    }

    private static byte[] QueryFor(string name, RecordType type)
    {
        var query = new byte[DnsHeader.Size + DnsName.MaxWireLength + 1 + 4];
        new DnsHeader(0, DnsHeader.RecursionDesiredFlag, 1, 0, 0, 0).Write(query);
        _ = DnsName.TryEncode(name, query.AsSpan(DnsHeader.Size), out var length);
        var end = DnsHeader.Size + length;
        BinaryPrimitives.WriteUInt16BigEndian(query.AsSpan(end), (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(query.AsSpan(end + 2), DnsQuery.InternetClass);
        return query[..(end + 4)];
    }

    private async Task<int> TryAskAsync(IPEndPoint server, Memory<byte> query, bool byTcp, Memory<byte> response, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.UpstreamTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return byTcp
                ? await UpstreamExchange.AskTcpAsync(server, query, response, either.Token)
                : await UpstreamExchange.AskUdpAsync(server, query, response, either.Token);
        }
        catch (Exception error) when (error is SocketException or IOException or OperationCanceledException)
        {
            // Unreachable, silent, or talking nonsense: the next one.
            return 0;
        }
    }

    private void Prefer(int index)
    {
        Volatile.Write(ref _preferred, index);
        if (Interlocked.Exchange(ref _failing, 0) == 1)
        {
            DnsLog.UpstreamAnswers(logger, _servers[index]);
        }
    }
}
