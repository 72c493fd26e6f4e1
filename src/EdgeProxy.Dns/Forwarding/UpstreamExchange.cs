using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using EdgeProxy.Dns.Wire;

namespace EdgeProxy.Dns.Forwarding;

/// <summary>One query to one upstream server, over a socket of its own: a random source port and a random id (RFC 5452).</summary>
internal static class UpstreamExchange
{
    /// <summary>Asks by UDP; waits for the response that fits, whatever else arrives.</summary>
    /// <param name="server">Whom to ask.</param>
    /// <param name="query">The query; its id is replaced.</param>
    /// <param name="response">Takes the response.</param>
    /// <param name="cancellationToken">The time-out.</param>
    /// <returns>The length of the response.</returns>
    /// <exception cref="SocketException">The server cannot be reached.</exception>
    public static async Task<int> AskUdpAsync(IPEndPoint server, Memory<byte> query, Memory<byte> response, CancellationToken cancellationToken)
    {
        SetRandomId(query.Span);
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);

        // Connected: the kernel drops what others send, and says when nobody listens.
        await socket.ConnectAsync(server, cancellationToken);
        await socket.SendAsync(query, cancellationToken);
        while (true)
        {
            var length = await socket.ReceiveAsync(response, cancellationToken);
            if (Answers(query.Span, response.Span[..length]))
            {
                return length;
            }
        }
    }

    /// <summary>Asks by TCP.</summary>
    /// <inheritdoc cref="AskUdpAsync"/>
    /// <exception cref="IOException">The response is not one to this query, or is cut off.</exception>
    public static async Task<int> AskTcpAsync(IPEndPoint server, Memory<byte> query, Memory<byte> response, CancellationToken cancellationToken)
    {
        SetRandomId(query.Span);
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server, cancellationToken);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(TcpFraming.Frame(query.Span), cancellationToken);
        var length = await TcpFraming.ReadAsync(stream, response, cancellationToken);
        return length > 0 && Answers(query.Span, response.Span[..length]) ? length : throw new IOException("not a response to the query");
    }

    private static void SetRandomId(Span<byte> query) =>
        BinaryPrimitives.WriteUInt16BigEndian(query, (ushort)System.Security.Cryptography.RandomNumberGenerator.GetInt32(ushort.MaxValue + 1));

    /// <summary>The same id and the same question: anything else is an accident or an attack.</summary>
    private static bool Answers(ReadOnlySpan<byte> query, ReadOnlySpan<byte> response)
    {
        if (response.Length < DnsHeader.Size
            || DnsHeader.Read(response) is not { Questions: 1 } header
            || (header.Flags & DnsHeader.ResponseFlag) == 0
            || header.Id != DnsHeader.Read(query).Id)
        {
            return false;
        }

        var (asked, answered) = (DnsQuery.QuestionOffset, DnsQuery.QuestionOffset);
        return DnsName.TryRead(query, ref asked, out var name)
            && DnsName.TryRead(response, ref answered, out var echoed)
            && string.Equals(name, echoed, StringComparison.OrdinalIgnoreCase)
            && response.Length - answered >= 4
            && query.Slice(asked, 4).SequenceEqual(response.Slice(answered, 4));
    }
}
