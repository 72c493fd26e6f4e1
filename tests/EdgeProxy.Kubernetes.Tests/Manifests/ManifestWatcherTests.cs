using EdgeProxy.Kubernetes.Manifests;
using static EdgeProxy.Kubernetes.Tests.Manifests.ManifestFolder;

namespace EdgeProxy.Kubernetes.Tests.Manifests;

public sealed class ManifestWatcherTests : IDisposable
{
    private readonly ManifestFolder _folder = new();

    public ManifestWatcherTests() => _folder.Write("a.yaml", Service("a"));

    public static TheoryData<string> Changes => ["edit", "truncate and write", "rename over", "same size and time", "new file", "removed file", "new sub-folder", "removed sub-folder", "in sub-folder"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Notices(string change)
    {
        _folder.Write("sub/b.yaml", Service("b"));
        await using var watcher = new ManifestWatcher([_folder.Root], TimeProvider.System);

        Make(change);

        await ExpectChangeAsync(watcher);
    }

    [Fact]
    public async Task Notices_a_write_through_a_memory_map()
    {
        await using var watcher = new ManifestWatcher([_folder.Root], TimeProvider.System);

        using (var map = System.IO.MemoryMappedFiles.MemoryMappedFile.CreateFromFile(_folder.PathOf("a.yaml"), FileMode.Open))
        {
            using var view = map.CreateViewAccessor();
            view.Write(0, (byte)'#');
            view.Flush();
        }

        await ExpectChangeAsync(watcher);
    }

    [Fact]
    public async Task Notices_the_swap_of_a_mounted_config_map()
    {
        _folder.Write("mount/..v1/a.yaml", Service("a"));
        _folder.Write("mount/..v2/a.yaml", Service("b"));
        Directory.CreateSymbolicLink(_folder.PathOf("mount/..data"), "..v1");
        File.CreateSymbolicLink(_folder.PathOf("mount/a.yaml"), "..data/a.yaml");
        await using var watcher = new ManifestWatcher([_folder.PathOf("mount")], TimeProvider.System);

        _folder.SwapLink("mount/..data", "..v2");

        await ExpectChangeAsync(watcher);
    }

    [Fact]
    public async Task Notices_the_swap_of_a_link_far_outside_the_folder()
    {
        _folder.Write("v1/deep/a.yaml", Service("a"));
        _folder.Write("v2/deep/a.yaml", Service("b"));
        Directory.CreateSymbolicLink(_folder.PathOf("current"), "v1");
        Directory.CreateDirectory(_folder.PathOf("watched"));
        File.CreateSymbolicLink(_folder.PathOf("watched/a.yaml"), "../current/deep/a.yaml");
        await using var watcher = new ManifestWatcher([_folder.PathOf("watched")], TimeProvider.System);

        _folder.SwapLink("current", "v2");

        await ExpectChangeAsync(watcher);
    }

    [Fact]
    public async Task Notices_changes_of_a_single_file()
    {
        await using var watcher = new ManifestWatcher([_folder.PathOf("a.yaml")], TimeProvider.System);

        _folder.Write("a.yaml", Service("a", 2));

        await ExpectChangeAsync(watcher);
    }

    [Fact]
    public async Task Notices_a_path_that_appears_and_what_changes_in_it_then()
    {
        await using var watcher = new ManifestWatcher([_folder.PathOf("later/still")], TimeProvider.System);

        _folder.Write("later/still/a.yaml", Service("a"));
        await ExpectChangeAsync(watcher);

        _folder.Write("later/still/a.yaml", Service("a", 2));
        await ExpectChangeAsync(watcher);
    }

    [Fact]
    public async Task Notices_changes_after_its_folder_was_replaced()
    {
        _folder.Write("root/a.yaml", Service("a"));
        await using var watcher = new ManifestWatcher([_folder.PathOf("root")], TimeProvider.System);

        Directory.Move(_folder.PathOf("root"), _folder.PathOf("old"));
        _folder.Write("root/a.yaml", Service("a"));
        await ExpectChangeAsync(watcher);

        _folder.Write("root/b.yaml", Service("b"));
        await ExpectChangeAsync(watcher);
    }

    [Fact]
    public async Task A_burst_of_writes_is_one_change()
    {
        // The quiet time is long here so that a busy machine does not make pauses of its own in the burst.
        var times = new ManifestWatcherTimes { QuietTime = TimeSpan.FromMilliseconds(400), LongestDelay = TimeSpan.FromSeconds(30), PollInterval = TimeSpan.FromMilliseconds(200) };
        await using var watcher = new ManifestWatcher([_folder.Root], TimeProvider.System, times);

        for (var i = 0; i < 50; i++)
        {
            _folder.Write($"burst-{i}.yaml", Service($"s{i}"));
        }

        await ExpectChangeAsync(watcher);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watcher.WaitForChangeAsync(patience.Token));
    }

    [Fact]
    public async Task An_endless_burst_is_told_within_the_longest_delay()
    {
        await using var watcher = new ManifestWatcher([_folder.Root], TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(
            async () =>
            {
                for (var i = 0; !stop.IsCancellationRequested; i++)
                {
                    _folder.Write("a.yaml", Service("a", i));
                    await Task.Yield();
                }
            },
            TestContext.Current.CancellationToken);

        await ExpectChangeAsync(watcher);
        await ExpectChangeAsync(watcher);

        await stop.CancelAsync();
        await writing;
    }

    [Fact]
    public async Task Wakes_after_the_asked_time_without_a_change()
    {
        await using var watcher = new ManifestWatcher([_folder.Root], TimeProvider.System);

        watcher.WakeAfter(TimeSpan.FromMilliseconds(10));

        await ExpectChangeAsync(watcher);
    }

    [Fact]
    public async Task Disposal_ends_who_waits()
    {
        var watcher = new ManifestWatcher([_folder.Root], TimeProvider.System);
        var waiting = watcher.WaitForChangeAsync(TestContext.Current.CancellationToken);

        await watcher.DisposeAsync();

        await Assert.ThrowsAsync<System.Threading.Channels.ChannelClosedException>(() => waiting);
    }

    private static async Task ExpectChangeAsync(ManifestWatcher watcher)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await watcher.WaitForChangeAsync(deadline.Token);
    }

    private void Make(string change)
    {
        var path = _folder.PathOf("a.yaml");
        switch (change)
        {
            case "edit":
                File.AppendAllText(path, "# more\n");
                break;
            case "truncate and write":
                File.WriteAllText(path, "");
                File.WriteAllText(path, Service("a", 2));
                break;
            case "rename over":
                File.Move(_folder.Write("a.tmp", Service("a", 2)), path, overwrite: true);
                break;
            case "same size and time":
                var stamp = File.GetLastWriteTimeUtc(path);
                File.WriteAllText(path, Service("b"));
                File.SetLastWriteTimeUtc(path, stamp);
                break;
            case "new file":
                _folder.Write("new.yaml", Service("n"));
                break;
            case "removed file":
                File.Delete(path);
                break;
            case "new sub-folder":
                _folder.Write("fresh/deep/n.yaml", Service("n"));
                break;
            case "removed sub-folder":
                Directory.Delete(_folder.PathOf("sub"), recursive: true);
                break;
            case "in sub-folder":
                _folder.Write("sub/b.yaml", Service("b", 2));
                break;
        }
    }
}
