using System.Net.Sockets;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tcp;
using EdgeProxy.Transport.Tests.Support;

namespace EdgeProxy.Transport.Tests.Tcp;

/// <summary>What becomes of a cut connection, whichever way its bytes go. A subclass is a way.</summary>
public abstract class TcpResetTests(IoMode io) : EngineTests(io)
{
    [Fact]
    public async Task Reset_by_the_client_reaches_the_backend_as_a_reset()
    {
        await using var harness = Start();
        using var connection = await harness.ConnectAsync();

        connection.Client.CloseWithReset();

        await connection.Backend.AssertResetAsync();
        Assert.Equal(CloseReason.ClientReset, await connection.Session.Closed.InTime());
    }

    [Fact]
    public async Task Reset_by_the_backend_reaches_the_client_as_a_reset()
    {
        await using var harness = Start();
        using var connection = await harness.ConnectAsync();

        connection.Backend.CloseWithReset();

        await connection.Client.AssertResetAsync();
        Assert.Equal(CloseReason.BackendReset, await connection.Session.Closed.InTime());
    }

    [Fact]
    public async Task Reset_by_the_client_after_its_half_close_reaches_the_backend()
    {
        await using var harness = Start();
        using var connection = await harness.ConnectAsync();
        connection.Client.Shutdown(SocketShutdown.Send);
        await connection.Backend.AssertEndsAsync();

        connection.Client.CloseWithReset();

        Assert.Equal(CloseReason.ClientReset, await connection.Session.Closed.InTime());
        await Deadlines.Until(connection.Backend.HasError, "the reset at the backend");
    }

    [Fact]
    public async Task Reset_by_the_backend_after_its_half_close_reaches_the_client()
    {
        await using var harness = Start();
        using var connection = await harness.ConnectAsync();
        connection.Backend.Shutdown(SocketShutdown.Send);
        await connection.Client.AssertEndsAsync();

        connection.Backend.CloseWithReset();

        Assert.Equal(CloseReason.BackendReset, await connection.Session.Closed.InTime());
        await Deadlines.Until(connection.Client.HasError, "the reset at the client");
    }

    [Fact]
    public async Task Client_that_closes_both_ways_while_the_answer_flows_ends_the_session()
    {
        await using var harness = Start();
        using var connection = await harness.ConnectAsync();

        connection.Client.Close();
        await connection.Backend.AssertEndsAsync();
        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            while (true)
            {
                await connection.Backend.SendTextAsync("is anybody there?");
            }
        });

        Assert.Equal(CloseReason.ClientReset, await connection.Session.Closed.InTime());
    }

    [Fact]
    public async Task Abort_from_another_thread_resets_both_sides_once()
    {
        await using var harness = Start();
        using var connection = await harness.ConnectAsync();

        connection.Session.Abort(CloseReason.Drained);
        connection.Session.Abort(CloseReason.Denied);

        Assert.Equal(CloseReason.Drained, await connection.Session.Closed.InTime());
        await connection.Client.AssertResetAsync();
        await connection.Backend.AssertResetAsync();
        await harness.Loops.DisposeAsync().InTime();
        Assert.Equal(1, connection.Session.ClosedCalls);
    }

    [Fact]
    public async Task Exception_in_a_callback_ends_that_session_only()
    {
        var thrown = 0;
        await using var harness = Start(new TcpHarnessOptions
        {
            Loops = Loops,
            WhenConnected = () =>
            {
                if (Interlocked.Increment(ref thrown) == 1)
                {
                    throw new InvalidOperationException("a bad session");
                }
            },
        });

        // The backend may never hear of it: the last step of its handshake goes out with the first bytes.
        var (client, bad) = await harness.ConnectClientAsync();
        Assert.Equal(CloseReason.InternalError, await bad.Closed.InTime());
        await client.AssertResetAsync();
        client.Dispose();

        using var good = await harness.ConnectAsync();
        await good.Client.SendTextAsync("fine");
        Assert.Equal("fine", await good.Backend.ReceiveTextAsync(4));
        Assert.Equal("a bad session", Assert.Single(harness.Exceptions).Message);
    }

    [Fact]
    public async Task Ending_the_loops_ends_the_sessions()
    {
        await using var harness = Start();
        using var connection = await harness.ConnectAsync();

        await harness.Loops.DisposeAsync().InTime();

        Assert.Equal(CloseReason.Drained, await connection.Session.Closed.InTime());
        await connection.Client.AssertResetAsync();
        await connection.Backend.AssertResetAsync();
    }
}
