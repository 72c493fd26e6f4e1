using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using EdgeProxy.Compare.Candidates;
using EdgeProxy.Compare.Load;

namespace EdgeProxy.Compare.Lab;

/// <summary>Finds out, from inside a namespace, whether somebody answers. Each call tries once.</summary>
internal static class Probe
{
    private const int TimeoutMilliseconds = 500;

    private static readonly string s_request = $"GET / HTTP/1.1\r\nHost: {RequestLoad.HostName(0)}\r\n\r\n";

    /// <summary>True when a candidate answers as its duty says.</summary>
    public static bool Answers(Duty duty, IPEndPoint target) => duty.IsUdp ? AnswersDatagram(target) : AnswersStream(target, duty);

    /// <summary>True when an HTTP/1.1 request is answered with 200.</summary>
    public static bool IsOk(IPEndPoint target, string path) => AnswersStream(target, $"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n", tls: false, "HTTP/1.1 200");

    private static bool AnswersStream(IPEndPoint target, Duty duty) =>
        AnswersStream(target, s_request, duty.Kind == DutyKind.Https, duty.IsHttp ? "HTTP/1.1 200" : "");

    private static bool AnswersStream(IPEndPoint target, string request, bool tls, string expected)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            {
                ReceiveTimeout = TimeoutMilliseconds,
                SendTimeout = TimeoutMilliseconds,
            };
            socket.Connect(target);
            using Stream plain = new NetworkStream(socket);
            using var stream = tls ? Secure(plain) : plain;
            stream.Write(Encoding.ASCII.GetBytes(request));
            var buffer = new byte[256];
            var count = stream.Read(buffer);
            return count > 0 && Encoding.ASCII.GetString(buffer, 0, count).StartsWith(expected, StringComparison.Ordinal);
        }
        catch (Exception error) when (error is SocketException or IOException or System.Security.Authentication.AuthenticationException)
        {
            return false;
        }
    }

    private static SslStream Secure(Stream plain)
    {
        var stream = new SslStream(plain);
        stream.AuthenticateAsClient(new SslClientAuthenticationOptions
        {
            TargetHost = RequestLoad.HostName(0),
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        });
        return stream;
    }

    private static bool AnswersDatagram(IPEndPoint target)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = TimeoutMilliseconds };
            socket.Connect(target);
            socket.Send(new byte[64]);
            return socket.Receive(new byte[64]) > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
