using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using EdgeProxy.Dns.Forwarding;
using EdgeProxy.Dns.Wire;

namespace EdgeProxy.Dns.Tests.Support;

/// <summary>A stub resolver over real sockets, and the messages it sends.</summary>
internal static class DnsClient
{
    private const ushort Id = 0x1234;

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    /// <summary>A query; with a payload size it speaks EDNS.</summary>
    public static byte[] Query(string name, RecordType type, int? payloadSize = null, byte version = 0, ushort flags = DnsHeader.RecursionDesiredFlag)
    {
        var message = new byte[512];
        new DnsHeader(Id, flags, 1, 0, 0, (ushort)(payloadSize is null ? 0 : 1)).Write(message);
        Assert.True(DnsName.TryEncode(name, message.AsSpan(DnsHeader.Size), out var length));
        var end = DnsHeader.Size + length;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(end), (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(end + 2), DnsQuery.InternetClass);
        end += 4;
        if (payloadSize is { } size)
        {
            BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(end + 1), (ushort)RecordType.OPT);
            BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(end + 3), (ushort)size);
            message[end + 6] = version;
            end += 11;
        }

        return message[..end];
    }

    public static async Task<byte[]> AskUdpRawAsync(IPEndPoint server, byte[] query)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, Deadline);
        await socket.SendAsync(query, Deadline);
        var response = new byte[ushort.MaxValue];
        return response[..await socket.ReceiveAsync(response, Deadline)];
    }

    public static async Task<DnsResponse> AskUdpAsync(IPEndPoint server, string name, RecordType type, int? payloadSize = null) =>
        Read(await AskUdpRawAsync(server, Query(name, type, payloadSize)));

    /// <summary>Sends every query before it reads the first response.</summary>
    public static async Task<List<DnsResponse>> AskTcpAsync(IPEndPoint server, params IEnumerable<byte[]> queries)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server, Deadline);
        await using var stream = new NetworkStream(socket);
        var count = 0;
        foreach (var query in queries)
        {
            await stream.WriteAsync(TcpFraming.Frame(query), Deadline);
            count++;
        }

        var responses = new List<DnsResponse>();
        var response = new byte[ushort.MaxValue];
        for (; count > 0; count--)
        {
            var length = await TcpFraming.ReadAsync(stream, response, Deadline);
            responses.Add(Read(response[..length]));
        }

        return responses;
    }

    public static DnsResponse Read(byte[] response)
    {
        Assert.True(DnsResponse.TryRead(response, out var read), Convert.ToHexString(response));
        Assert.Equal(Id, read.Header.Id);
        Assert.NotEqual(0, read.Header.Flags & DnsHeader.ResponseFlag);
        return read;
    }
}
