using System.Net;
using System.Net.Sockets;
using EdgeProxy.Dns.Forwarding;
using EdgeProxy.Dns.Wire;

namespace EdgeProxy.Dns.Tests.Support;

/// <summary>A name server that records what it is asked and answers what it is told, over UDP and TCP on one port of loopback.</summary>
internal sealed class FakeUpstream : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Socket _tcp = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Func<DnsQuery, bool, FakeAnswer?> _answer;
    private readonly Task _work;

    /// <param name="answer">From a query, and whether it came by TCP, to an answer; null says nothing.</param>
    public FakeUpstream(Func<DnsQuery, bool, FakeAnswer?> answer)
    {
        _answer = answer;
        _tcp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _tcp.Listen();
        Endpoint = (IPEndPoint)_tcp.LocalEndPoint!;
        _udp.Bind(Endpoint);
        _work = Task.WhenAll(ServeUdpAsync(), ServeTcpAsync());
    }

    public IPEndPoint Endpoint { get; }

    /// <summary>The ids and source ports of the queries that came by UDP.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<(ushort Id, int Port)> Asked { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
        _udp.Dispose();
        _tcp.Dispose();
        _stop.Dispose();
    }

    private async Task ServeUdpAsync()
    {
        var buffer = new byte[ushort.MaxValue];
        try
        {
            while (true)
            {
                var received = await _udp.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                Asked.Enqueue((DnsHeader.Read(buffer).Id, ((IPEndPoint)received.RemoteEndPoint).Port));
                foreach (var response in Responses(buffer[..received.ReceivedBytes], byTcp: false))
                {
                    await _udp.SendToAsync(response, received.RemoteEndPoint, _stop.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task ServeTcpAsync()
    {
        var buffer = new byte[ushort.MaxValue];
        try
        {
            while (true)
            {
                using var client = await _tcp.AcceptAsync(_stop.Token);
                await using var stream = new NetworkStream(client);
                var length = await TcpFraming.ReadAsync(stream, buffer, _stop.Token);
                foreach (var response in Responses(buffer[..length], byTcp: true))
                {
                    await stream.WriteAsync(TcpFraming.Frame(response), _stop.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private IEnumerable<byte[]> Responses(byte[] message, bool byTcp)
    {
        Assert.True(DnsQuery.TryRead(message, out var query));
        if (_answer(query, byTcp) is not { } answer)
        {
            yield break;
        }

        if (answer.ForgedFirst)
        {
            yield return Write(query with { Header = query.Header with { Id = (ushort)~query.Header.Id } }, answer with { Records = [] });
            yield return Write(query with { Name = "forged.example" }, answer with { Records = [] });
        }

        yield return Write(query, answer);
    }

    private static byte[] Write(DnsQuery query, FakeAnswer answer)
    {
        var buffer = new byte[ushort.MaxValue];
        var writer = new ResponseWriter(buffer, query, buffer.Length);
        writer.SetFlags(answer.Flags);
        foreach (var record in answer.Records)
        {
            writer.TryAddAnswer(record);
        }

        return buffer[..writer.Finish(answer.Code)];
    }
}

/// <summary>What a <see cref="FakeUpstream"/> says.</summary>
internal sealed record FakeAnswer(ResponseCode Code, params DnsRecord[] Records)
{
    public int Flags { get; init; }

    /// <summary>Sends a response with another id and one to another question before the real one.</summary>
    public bool ForgedFirst { get; init; }
}
