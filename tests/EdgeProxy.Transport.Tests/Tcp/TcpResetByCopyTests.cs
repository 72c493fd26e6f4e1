using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Transport.Tests.Tcp;

/// <summary>Cut connections whose bytes are copied.</summary>
public abstract class TcpResetByCopyTests(IoMode io) : TcpResetTests(io)
{
    public sealed class OnEpoll() : TcpResetByCopyTests(IoMode.Epoll);

    public sealed class OnIoUring() : TcpResetByCopyTests(IoMode.IoUring);

    private protected override EventLoopOptions Loops => new() { MaxPipes = 0 };
}
