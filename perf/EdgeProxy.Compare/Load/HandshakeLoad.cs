using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EdgeProxy.Compare.Load;

/// <summary>
/// Full TLS handshakes (H3): connect, shake hands, one request, its answer, close; some threads at a time, each doing one after the other.
/// OpenSSL is called directly: the client must cost less than the server, and <c>SslStream</c> does not.
/// </summary>
internal sealed class HandshakeLoad(IPEndPoint target, string host, int threads)
{
    private const int SetServerName = 55;
    private readonly LoadCounters _counters = new();

    /// <summary>Guards the counters, which the threads share.</summary>
    private readonly Lock _lock = new();

    /// <summary>Answers each line of standard input, ends with it.</summary>
    public void Run()
    {
        for (var i = 0; i < threads; i++)
        {
            new Thread(Work) { IsBackground = true }.Start();
        }

        while (Console.In.ReadLine() is not null)
        {
            lock (_lock)
            {
                Console.Out.WriteLine(_counters.Take());
            }
        }
    }

    private void Work()
    {
        var context = LibSsl.SSL_CTX_new(LibSsl.TLS_client_method());
        var request = Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        while (true)
        {
            var startedAt = LoadCounters.Now;
            var isGood = Exchange(context, request);
            lock (_lock)
            {
                if (isGood)
                {
                    _counters.Done(startedAt);
                }
                else
                {
                    _counters.Errors++;
                }
            }
        }
    }

    private unsafe bool Exchange(nint context, byte[] request)
    {
        var ssl = LibSsl.SSL_new(context);
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 5000 };
            socket.Connect(target);
            _ = LibSsl.SSL_set_fd(ssl, (int)socket.Handle);
            _ = LibSsl.SSL_ctrl(ssl, SetServerName, 0, host);
            if (LibSsl.SSL_connect(ssl) != 1 || LibSsl.SSL_session_reused(ssl) != 0)
            {
                return false;
            }

            var buffer = stackalloc byte[2048];
            fixed (byte* bytes = request)
            {
                _ = LibSsl.SSL_write(ssl, bytes, request.Length);
            }

            var received = LibSsl.SSL_read(ssl, buffer, 2048);
            return received > 12 && new ReadOnlySpan<byte>(buffer, 12).SequenceEqual("HTTP/1.1 200"u8);
        }
        catch (SocketException)
        {
            return false;
        }
        finally
        {
            LibSsl.SSL_free(ssl);
        }
    }
}
