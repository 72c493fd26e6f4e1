using System.Diagnostics;

namespace EdgeProxy.Kubernetes.Tests.Manifests;

/// <summary>A folder of manifests on disk; removed at the end.</summary>
internal sealed class ManifestFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("edgeproxy-manifests-").FullName;

    public static string Service(string name, int port = 80) =>
        $"apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\nspec:\n  ports:\n  - port: {port}\n";

    public string PathOf(string name) => Path.Join(Root, name);

    public string Write(string name, params string[] documents)
    {
        var path = PathOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, string.Join("---\n", documents));
        return path;
    }

    public void Delete(string name) => File.Delete(PathOf(name));

    /// <summary>Puts a link in another's place by rename(2), as the kubelet does. File.Move refuses links to folders, hence mv.</summary>
    public void SwapLink(string link, string target)
    {
        var fresh = PathOf(link) + "_tmp";
        File.CreateSymbolicLink(fresh, target);
        using var rename = Process.Start("mv", ["-T", fresh, PathOf(link)]);
        rename.WaitForExit();
        Assert.Equal(0, rename.ExitCode);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}

/// <summary>A clock that stands until it is moved.</summary>
internal sealed class StandingClock : TimeProvider
{
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _ticks;

    public void Move(TimeSpan by) => _ticks += by.Ticks;
}
