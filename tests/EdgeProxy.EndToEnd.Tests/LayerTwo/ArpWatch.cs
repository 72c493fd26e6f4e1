using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace EdgeProxy.EndToEnd.Tests.LayerTwo;

/// <summary>
/// A neighbour that asks by ARP, over and over and each time anew, who has some addresses, and remembers who answered each question. Owns its socket.
/// </summary>
internal sealed partial class ArpWatch : IAsyncDisposable
{
    private const int AF_PACKET = 17;
    private const int ArpType = 0x0806;
    private const int FrameLength = 42;

    // The kernels answer before the question's send returns: the bridge and its ports are one machine. This is only the pace.
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    private readonly Socket _socket;
    private readonly byte[] _mac;
    private readonly IPAddress _own;
    private readonly IPAddress[] _addresses;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly Lock _lock = new(); // guards _rounds
    private readonly List<Round> _rounds = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _asking;

    private ArpWatch(Socket socket, byte[] mac, IPAddress own, IPAddress[] addresses)
    {
        _socket = socket;
        _mac = mac;
        _own = own;
        _addresses = addresses;
        _asking = AskAsync();
    }

    /// <summary>Begins, on an interface of a namespace.</summary>
    public static async Task<ArpWatch> StartAsync(NetworkNamespace network, string device, IPAddress own, params string[] addresses)
    {
        var link = await network.IpAsync($"-br link show {device}");
        var mac = Convert.FromHexString(link.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2].Replace(":", "", StringComparison.Ordinal));
        var index = int.Parse((await network.IpAsync($"-o link show {device}")).Split(':')[0], null);
        var socket = await network.EnterAsync(() => Open(index));
        return new ArpWatch(socket, mac, own, [.. addresses.Select(IPAddress.Parse)]);
    }

    /// <summary>Who answered the last question about an address; empty for nobody.</summary>
    public string Holder(string address)
    {
        lock (_lock)
        {
            return _rounds.FindLast(round => round.Address == address)?.Answers ?? "";
        }
    }

    /// <summary>Questions that more than one answered, with the time since the first question.</summary>
    public string AnsweredTwice()
    {
        lock (_lock)
        {
            return string.Join('\n', _rounds.Where(round => round.Answers.Contains(' ', StringComparison.Ordinal)).Select(round => $"{round.At:g} {round.Address}: {round.Answers}"));
        }
    }

    /// <summary>How long nobody answered for an address at most, with questions asked before and after.</summary>
    public TimeSpan LongestSilence(string address)
    {
        lock (_lock)
        {
            var answered = _rounds.Where(round => round.Address == address && round.Answers.Length > 0).Select(round => round.At).ToList();
            return answered.Zip(answered.Skip(1), (before, after) => after - before).DefaultIfEmpty().Max();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _asking;
        _socket.Dispose();
        _stop.Dispose();
    }

    private static Socket Open(int index)
    {
        var socket = new Socket((AddressFamily)65536, SocketType.Raw, (ProtocolType)IPAddress.HostToNetworkOrder((short)ArpType)) { Blocking = false };

        // struct sockaddr_ll, linux/if_packet.h: without an interface there is none to send on.
        var address = new byte[20];
        BitConverter.TryWriteBytes(address, (ushort)AF_PACKET);
        BitConverter.TryWriteBytes(address.AsSpan(2), IPAddress.HostToNetworkOrder((short)ArpType));
        BitConverter.TryWriteBytes(address.AsSpan(4), index);
        Assert.True(bind((int)socket.Handle, address, address.Length) == 0, $"bind: error {Marshal.GetLastPInvokeError()}");
        return socket;
    }

    private async Task AskAsync()
    {
        var start = _time.GetTimestamp();
        try
        {
            while (true)
            {
                foreach (var address in _addresses)
                {
                    var at = _time.GetElapsedTime(start);
                    await _socket.SendAsync(Question(address), _stop.Token);
                    await Task.Delay(Pace, _time, _stop.Token);
                    var answers = Answers(address);
                    lock (_lock)
                    {
                        _rounds.Add(new Round(at, address.ToString(), answers));
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private byte[] Question(IPAddress address) =>
    [
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, .. _mac, 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1, .. _mac, .. _own.GetAddressBytes(), 0, 0, 0, 0, 0, 0, .. address.GetAddressBytes(),
    ];

    private string Answers(IPAddress address)
    {
        var macs = new SortedSet<string>(StringComparer.Ordinal);
        var frame = new byte[256];
        while (_socket.Receive(frame, SocketFlags.None, out _) is var length and > 0)
        {
            // Replies to us: what is announced to everybody answers no question.
            if (length >= FrameLength && frame[21] == 2 && frame.AsSpan(28, 4).SequenceEqual(address.GetAddressBytes()) && frame.AsSpan(38, 4).SequenceEqual(_own.GetAddressBytes()))
            {
                macs.Add(string.Join(':', frame[22..28].Select(part => part.ToString("x2", null))));
            }
        }

        return string.Join(' ', macs);
    }

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int bind(int descriptor, byte[] address, int length);

    private sealed record Round(TimeSpan At, string Address, string Answers);
}
