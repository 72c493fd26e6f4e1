using EdgeProxy.Compare.Lab;

namespace EdgeProxy.Compare.Backend;

/// <summary>The sub-command <c>backend</c> in a process and namespace of its own.</summary>
internal static class BackendProcess
{
    /// <summary>Starts it; it listens when this returns.</summary>
    public static async Task<Child> StartAsync(TestBed bed, CancellationToken cancel)
    {
        var process = Child.Start(Self.Launch("backend"), bed.Backend.Name);
        await process.AskAsync(cancel);
        return process;
    }
}
