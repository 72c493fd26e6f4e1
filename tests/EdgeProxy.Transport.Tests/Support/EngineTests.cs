using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Transport.Tests.Support;

/// <summary>Tests that run once on each kind of loop: whatever the loops ask the kernel with, a connection behaves the same.</summary>
public abstract class EngineTests(IoMode io)
{
    private protected TcpHarness Start(TcpHarnessOptions? options = null)
    {
        options ??= new TcpHarnessOptions();
        options.Loops.Io = io;
        var harness = TcpHarness.Start(options);
        Assert.SkipWhen(harness.Loops.IoUringRefusal is not null, $"No io_uring here: {harness.Loops.IoUringRefusal}.");
        Assert.Equal(io, harness.Loops.Io);
        return harness;
    }
}
