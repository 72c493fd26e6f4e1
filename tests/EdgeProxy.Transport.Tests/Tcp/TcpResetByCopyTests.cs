using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Transport.Tests.Tcp;

/// <summary>Cut connections whose bytes are copied.</summary>
public sealed class TcpResetByCopyTests : TcpResetTests
{
    private protected override EventLoopOptions Loops => new() { MaxPipes = 0 };
}
