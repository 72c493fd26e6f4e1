using EdgeProxy.Compare.Native;

namespace EdgeProxy.Compare.Lab;

/// <summary>One network namespace, known to ip-netns(8) by name.</summary>
internal sealed record NetworkNamespace(string Name)
{
    public Task<string> IpAsync(params string[] arguments) => Child.RunAsync(new Launch("ip", ["-n", Name, .. arguments]));

    /// <summary>Calls a function on a thread of its own that has entered the namespace: sockets made there belong to it.</summary>
    public T Run<T>(Func<T> function)
    {
        T result = default!;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using var file = File.OpenHandle($"/var/run/netns/{Name}");
                NativeSocket.Check(Libc.setns((int)file.DangerousGetHandle(), Libc.CLONE_NEWNET), "setns");
                result = function();
            }
            catch (Exception error)
            {
                failure = error;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result : throw new InvalidOperationException($"in namespace {Name}: {failure.Message}", failure);
    }

    /// <summary>Sets a value below /proc/sys; one this kernel does not have is passed over.</summary>
    public void SetSysctl(string path, string value) => Run(() =>
    {
        var file = "/proc/sys/" + path;
        if (File.Exists(file))
        {
            File.WriteAllText(file, value);
        }

        return true;
    });
}
