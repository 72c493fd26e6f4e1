using System.Net.Sockets;
using EdgeProxy.Transport.Interop;

namespace EdgeProxy.Transport.Addresses;

/// <summary>Hears when addresses or interfaces of this host come or go (rtnetlink(7) multicast groups). Needs no capability. Owns its socket.</summary>
/// <remarks>
/// What changed is not said: notices get lost when many come at once (ENOBUFS), so who cares reads all addresses, which is cheap. What
/// happens from the constructor on is heard. That an announced address stays for another moment (<see cref="ILan.Hold"/>) is no change.
/// </remarks>
public sealed class AddressMonitor : IDisposable
{
    // A pod that starts or an address that moves is a handful of notices within milliseconds.
    private static readonly TimeSpan SettleTime = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _time;
    private readonly Socket _socket;
    private readonly byte[] _notice = new byte[64 * 1024];

    /// <summary>Begins to listen.</summary>
    /// <exception cref="IOException">This process may have no such socket; the message says why.</exception>
    public AddressMonitor(TimeProvider time)
    {
        _time = time;
        _socket = new Socket(RtNetlink.SubscribeToAddresses()) { Blocking = false };
    }

    /// <summary>Waits until something changed, and a moment longer, so that many changes at once are one.</summary>
    public async Task WaitForChangeAsync(CancellationToken cancellationToken)
    {
        try
        {
            int received;
            do
            {
                received = await _socket.ReceiveAsync(_notice, SocketFlags.None, cancellationToken);
            }
            while (RtNetlink.IsLeaseNotice(_notice.AsSpan(0, received)));
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.NoBufferSpaceAvailable)
        {
            // Notices were lost, so there were some.
        }

        await Task.Delay(SettleTime, _time, cancellationToken);
        TakeWhatIsThere();
    }

    /// <summary>Stops listening.</summary>
    public void Dispose() => _socket.Dispose();

    private void TakeWhatIsThere()
    {
        while (_socket.Receive(_notice.AsSpan(), SocketFlags.None, out _) > 0)
        {
            // Part of the same change.
        }
    }
}
