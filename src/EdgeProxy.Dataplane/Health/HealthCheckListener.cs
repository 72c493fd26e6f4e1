using System.Net.Sockets;
using EdgeProxy.Dataplane.Listeners;
using EdgeProxy.Model;
using EdgeProxy.Model.Eligibility;

namespace EdgeProxy.Dataplane.Health;

/// <summary>
/// One Service's healthCheckNodePort on one node address: tells load balancers whether this node should get the Service's traffic. Owns its
/// socket and the connections of probes.
/// </summary>
/// <remarks>
/// HTTP/1.1 at its smallest, as there may be thousands of these and each is asked once in some seconds: whatever is asked for, there is one
/// answer, and then the connection ends. Not on the event loops, where a Service's traffic runs.
/// </remarks>
internal sealed class HealthCheckListener : IFrontendListener
{
    private const int MaxHeadBytes = 8 * 1024;
    private const int MaxProbes = 64;

    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AcceptRetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket;
    private readonly FrontendAddress _address;
    private readonly Func<FrontendAddress, ServiceHealth?> _health;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();

    // One slot a probe: those beyond wait in the backlog, and who has all of them knows that no probe is left.
    private readonly SemaphoreSlim _slots = new(MaxProbes);
    private readonly Task _accepting;

    private HealthCheckListener(Socket socket, FrontendAddress address, Func<FrontendAddress, ServiceHealth?> health, TimeProvider time)
    {
        _socket = socket;
        _address = address;
        _health = health;
        _time = time;
        _accepting = AcceptAsync(_stop.Token);
    }

    /// <summary>Starts listening. <paramref name="health"/> says what to answer; null ends the probe without an answer.</summary>
    /// <exception cref="SocketException">The address is taken, not on this host, or not permitted.</exception>
    public static HealthCheckListener Bind(FrontendAddress address, Func<FrontendAddress, ServiceHealth?> health, TimeProvider time)
    {
        var endpoint = address.Endpoint.ToIPEndPoint();
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endpoint);
            socket.Listen();
            return new HealthCheckListener(socket, address, health, time);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public void AnswerOnly(AllowedClients clients)
    {
        // Everybody may ask.
    }

    /// <summary>Stops listening and ends the probes that are there.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _socket.Dispose();
        for (var i = 0; i < MaxProbes; i++)
        {
            await _slots.WaitAsync(CancellationToken.None);
        }

        _slots.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync(CancellationToken stop)
    {
        while (true)
        {
            // Not with the token: when we stop the probes end, and give theirs back.
            await _slots.WaitAsync(CancellationToken.None);
            if (await TryAcceptAsync(stop) is not { } probe)
            {
                _slots.Release();
                return;
            }

            _ = AnswerAsync(probe, stop); // waited for by its slot
        }
    }

    /// <summary>Null when we stop.</summary>
    private async Task<Socket?> TryAcceptAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                return await _socket.AcceptAsync(stop);
            }
            catch (SocketException)
            {
                // No descriptors, or a client that left in the backlog.
                await Task.Delay(AcceptRetryDelay, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                // The loop ends.
            }
        }

        return null;
    }

    private async Task AnswerAsync(Socket probe, CancellationToken stop)
    {
        try
        {
            using var timeout = new CancellationTokenSource(ProbeTimeout, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stop);
            using (probe)
            {
                await AnswerAsync(probe, new byte[MaxHeadBytes], either.Token);
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            // It left, took too long, or we are closing.
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task AnswerAsync(Socket probe, byte[] buffer, CancellationToken cancellationToken)
    {
        var filled = 0;
        while (buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8) < 0)
        {
            var received = await probe.ReceiveAsync(buffer.AsMemory(filled), cancellationToken);
            if (received == 0)
            {
                return; // it ended, or its head is longer than any probe's
            }

            filled += received;
        }

        if (_health(_address) is not { } health)
        {
            return;
        }

        await probe.SendAsync(HealthAnswer.Format(health, _time.GetUtcNow(), isHead: buffer.AsSpan().StartsWith("HEAD "u8)), cancellationToken);

        // Closed at once, bytes that came after the head would turn the end into a reset, which may overtake the answer.
        probe.Shutdown(SocketShutdown.Send);
        while (await probe.ReceiveAsync(buffer, cancellationToken) > 0)
        {
        }
    }
}
