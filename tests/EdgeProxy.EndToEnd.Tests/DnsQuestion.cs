using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>A client of DNS, by UDP.</summary>
internal static class DnsQuestion
{
    /// <summary>The IPv4 address of a name, or <c>rcode N</c> when there is not exactly one (RFC 1035 §4.1.1).</summary>
    public static async Task<string> AskAsync(IPEndPoint server, string name)
    {
        byte[] labels = [.. name.Split('.').SelectMany(label => Encoding.ASCII.GetBytes(label).Prepend((byte)label.Length))];
        byte[] query = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. labels, 0, 0, 1, 0, 1];
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, TestContext.Current.CancellationToken);
        await socket.SendAsync(query, TestContext.Current.CancellationToken);
        var response = new byte[512];
        var length = await socket.ReceiveAsync(response, TestContext.Current.CancellationToken);
        return response[7] == 1 ? new IPAddress(response.AsSpan(length - 4, 4)).ToString() : $"rcode {response[3] & 0xF}";
    }
}
