using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Transport.Tests.Support;

/// <summary>Tests that run on loops of one kind. A subclass a kind: whatever the loops ask the kernel with, a connection behaves the same.</summary>
public abstract class EngineTests(IoMode io)
{
    /// <summary>Options of loops that send all bytes the way a test class is about.</summary>
    private protected virtual EventLoopOptions Loops => new() { Count = 2 };

    private protected TcpHarness Start(EventLoopOptions loops) => Start(new TcpHarnessOptions { Loops = loops });

    private protected TcpHarness Start(TcpHarnessOptions? options = null)
    {
        options ??= new TcpHarnessOptions { Loops = Loops };
        options.Loops.Io = io;
        var harness = TcpHarness.Start(options);
        Assert.SkipWhen(harness.Loops.IoUringRefusal is not null, $"No io_uring here: {harness.Loops.IoUringRefusal}.");
        Assert.Equal(io, harness.Loops.Io);
        return harness;
    }
}
