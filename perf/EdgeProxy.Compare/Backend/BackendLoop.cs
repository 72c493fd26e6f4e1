using System.Net;
using System.Runtime.InteropServices;
using EdgeProxy.Compare.Native;

namespace EdgeProxy.Compare.Backend;

/// <summary>
/// Every backend in one process and on one thread: TCP echo, an endless source, HTTP/1.1 with a two-byte answer, and UDP echo on each of its
/// addresses, because an answer must come from the address that was asked.
/// </summary>
internal sealed unsafe class BackendLoop(IReadOnlyList<IPAddress> addresses) : EventLoop
{
    public const int EchoPort = 7001;
    public const int SourcePort = 7002;
    public const int HttpPort = 7003;

    private const int MaxDescriptors = 1 << 16;
    private const int BufferSize = 256 * 1024;

    private static readonly byte[] s_response = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"u8.ToArray();

    private readonly Role[] _roles = new Role[MaxDescriptors];

    /// <summary>How much of the empty line that ends a request head was seen, by descriptor.</summary>
    private readonly byte[] _headEnd = new byte[MaxDescriptors];
    private readonly byte* _buffer = (byte*)NativeMemory.AllocZeroed(BufferSize);
    private readonly MessageBatch _datagrams = new(64, 2048, withAddresses: true);

    private enum Role : byte
    {
        None,
        EchoListener,
        SourceListener,
        HttpListener,
        Echo,
        Source,
        Http,
        Datagrams,
    }

    protected override void Start()
    {
        Listen(EchoPort, Role.EchoListener);
        Listen(SourcePort, Role.SourceListener);
        Listen(HttpPort, Role.HttpListener);
        foreach (var address in addresses)
        {
            var descriptor = NativeSocket.OpenDatagram();
            NativeSocket.GrowReceiveBuffer(descriptor);
            NativeSocket.Bind(descriptor, new SockAddrIn(new IPEndPoint(address, EchoPort)));
            Watch(descriptor, Role.Datagrams, In);
        }
    }

    protected override string Answer() => "ready";

    protected override void OnReady(int key, uint events)
    {
        switch (_roles[key])
        {
            case Role.EchoListener:
                Accept(key, Role.Echo, In);
                break;
            case Role.SourceListener:
                Accept(key, Role.Source, Out);
                break;
            case Role.HttpListener:
                Accept(key, Role.Http, In);
                break;
            case Role.Echo:
                Echo(key);
                break;
            case Role.Source:
                EndIfBroken(key, (events & Failed) != 0 ? -2 : NativeSocket.Send(key, _buffer, BufferSize));
                break;
            case Role.Http:
                Serve(key);
                break;
            case Role.Datagrams:
                var count = _datagrams.Receive(key);
                _ = count > 0 ? _datagrams.SendBack(key, count) : 0;
                break;
            default:
                break;
        }
    }

    private void Listen(int port, Role role) => Watch(NativeSocket.Listen(new SockAddrIn(0, port)), role, In);

    private void Accept(int listener, Role role, uint events)
    {
        for (var i = 0; i < 64; i++)
        {
            var descriptor = Libc.accept4(listener, null, null, Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC);
            if (descriptor < 0)
            {
                return;
            }

            _headEnd[descriptor] = 0;
            Watch(descriptor, role, events);
        }
    }

    private void Watch(int descriptor, Role role, uint events)
    {
        _roles[descriptor] = role;
        Add(descriptor, descriptor, events);
    }

    private void Echo(int descriptor)
    {
        var count = NativeSocket.Receive(descriptor, _buffer, BufferSize);
        EndIfBroken(descriptor, count <= 0 ? count : NativeSocket.Send(descriptor, _buffer, count));
    }

    private void Serve(int descriptor)
    {
        var count = NativeSocket.Receive(descriptor, _buffer, BufferSize);
        var requests = CountHeads(new ReadOnlySpan<byte>(_buffer, Math.Max(count, 0)), ref _headEnd[descriptor]);
        for (var i = 0; i < requests && count > 0; i++)
        {
            fixed (byte* response = s_response)
            {
                count = NativeSocket.Send(descriptor, response, s_response.Length);
            }
        }

        EndIfBroken(descriptor, count);
    }

    /// <summary>Requests here have no body: a head is a request.</summary>
    private static int CountHeads(ReadOnlySpan<byte> bytes, ref byte matched)
    {
        var heads = 0;
        foreach (var value in bytes)
        {
            var expected = (matched & 1) == 0 ? (byte)'\r' : (byte)'\n';
            matched = value == expected ? (byte)(matched + 1) : (byte)(value == '\r' ? 1 : 0);
            if (matched == 4)
            {
                heads++;
                matched = 0;
            }
        }

        return heads;
    }

    private void EndIfBroken(int descriptor, int result)
    {
        if (result is 0 or -2)
        {
            _roles[descriptor] = Role.None;
            _ = Libc.close(descriptor);
        }
    }
}
