using System.Net;
using System.Net.Sockets;
using EdgeProxy.Transport.Interop;

namespace EdgeProxy.Transport.Tests;

public sealed class OpenFilesTests
{
    [Fact]
    public void A_socket_that_would_take_one_of_the_last_descriptors_is_not_opened()
    {
        var anyAddress = IpEndpoint.From(IPAddress.Loopback, 0);

        // Standard input, output and error have the numbers below three.
        Assert.Equal(-Errno.EMFILE, NativeSocket.Open(anyAddress, SocketType.Stream, highest: 3));

        var allowed = NativeSocket.Open(anyAddress, SocketType.Stream, OpenFiles.ForUpstreams);
        Assert.InRange(allowed, 3, OpenFiles.ForUpstreams - 1);
        NativeSocket.Close(allowed);
    }

    [Fact]
    public void Pipes_leave_room_for_listeners_and_listeners_for_clients_and_clients_for_their_upstreams_and_all_of_them_for_the_runtime()
    {
        Assert.True(OpenFiles.ForPipes < OpenFiles.ForListeners);
        Assert.True(OpenFiles.ForListeners <= OpenFiles.ForClients);
        Assert.True(OpenFiles.ForClients < OpenFiles.ForUpstreams);
        Assert.True(OpenFiles.ForUpstreams < OpenFiles.Limit);
    }
}
