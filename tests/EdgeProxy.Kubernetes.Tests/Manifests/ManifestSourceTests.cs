using System.Diagnostics;
using System.Text;
using EdgeProxy.Kubernetes.Manifests;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;
using static EdgeProxy.Kubernetes.Tests.Manifests.ManifestFolder;

namespace EdgeProxy.Kubernetes.Tests.Manifests;

public sealed class ManifestSourceTests : IDisposable
{
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(1);
    private readonly ManifestFolder _folder = new();
    private readonly StandingClock _clock = new();
    private readonly ManifestSource _source;

    public ManifestSourceTests() => _source = new ManifestSource([_folder.Root], _clock);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Folders_are_read_with_their_sub_folders_and_only_manifests_in_them()
    {
        _folder.Write("a.yaml", Service("a"));
        _folder.Write("sub/deep/b.yml", Service("b"));
        _folder.Write("c.json", """{"apiVersion":"v1","kind":"Service","metadata":{"name":"c"}}""");
        _folder.Write("README.md", "# not: [a manifest");
        _folder.Write(".hidden.yaml", Service("hidden"));
        _folder.Write(".git/x.yaml", Service("hidden"));

        var result = _source.Load();

        Assert.Equal(["a", "b", "c"], Names(result));
        Assert.Empty(result.Problems);
        Assert.True(result.CouldReadAll);
    }

    [Fact]
    public void A_mounted_config_map_is_read_once_through_its_links()
    {
        MountConfigMap("..v1", "a");

        Assert.Equal(["a"], Names(_source.Load()));

        MountConfigMap("..v2", "b");
        Assert.Equal(["b"], Names(LoadSettled()));
    }

    [Fact]
    public async Task A_pipe_among_the_files_is_noted_and_holds_up_nothing()
    {
        _folder.Write("good.yaml", Service("good"));
        using var make = Process.Start("mkfifo", [_folder.PathOf("pipe.yaml")]);
        await make.WaitForExitAsync(TestContext.Current.CancellationToken);

        var result = await Task.Run(_source.Load, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        Assert.Equal(["good"], Names(result));
        Assert.Equal((ProblemSeverity.Note, _folder.PathOf("pipe.yaml")), (Assert.Single(result.Problems).Severity, result.Problems[0].Location?.File));
    }

    [Fact]
    public void Links_in_a_circle_end()
    {
        _folder.Write("sub/a.yaml", Service("a"));
        Directory.CreateSymbolicLink(_folder.PathOf("sub/up"), "..");
        Directory.CreateSymbolicLink(_folder.PathOf("sub/self"), "self");

        var result = _source.Load();

        Assert.Equal(["a"], Names(result));
        Assert.Empty(result.Problems);
    }

    [Fact]
    public void A_file_reached_twice_is_one_file()
    {
        var path = _folder.Write("a.yaml", Service("a"));
        var source = new ManifestSource([path, _folder.Root, $"{_folder.Root}/"], _clock);

        Assert.Empty(source.Load().Problems);
    }

    [Fact]
    public void The_first_of_two_definitions_in_path_order_is_kept()
    {
        _folder.Write("b.yaml", Service("web", 2));
        _folder.Write("a.yaml", Service("other"), Service("web", 1));

        var result = _source.Load();

        Assert.Equal(1, PortOf(result, "web"));
        var problem = Assert.Single(result.Problems);
        Assert.Equal($"{_folder.PathOf("b.yaml")}:1:1: error: Service default/web: already defined at {_folder.PathOf("a.yaml")}:9:1; this one is not used", problem.ToString());
    }

    [Fact]
    public void Unchanged_files_are_not_parsed_again()
    {
        var path = _folder.Write("a.yaml", Service("a"));
        _folder.Write("b.yaml", Service("b"));
        var first = _source.Load();
        Assert.Equal(2, _source.TimesParsed);

        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        var second = _source.Load();

        Assert.Equal(2, _source.TimesParsed);
        Assert.Same(first.Objects, second.Objects);
    }

    [Fact]
    public void Unchanged_objects_keep_their_reference_when_their_file_is_edited_and_know_their_new_place()
    {
        _folder.Write("a.yaml", Service("same"), Service("other", 1));
        var before = _source.Load().Objects;

        _folder.Write("a.yaml", "# a comment\n", Service("same"), Service("other", 2));
        var after = _source.Load().Objects;

        Assert.Same(before.Services[Name("same")], after.Services[Name("same")]);
        Assert.Equal(9, after.Services[Name("same")].Origin!.Locate("spec.ports[0].port").Line);
        Assert.NotSame(before.Services[Name("other")], after.Services[Name("other")]);
        Assert.Same(before.Ingresses, after.Ingresses);
    }

    [Fact]
    public void An_object_keeps_its_reference_when_it_moves_to_another_file()
    {
        _folder.Write("a.yaml", Service("a"), Service("moving"));
        var before = _source.Load().Objects;

        _folder.Write("a.yaml", Service("a"));
        _folder.Write("b.yaml", Service("moving"));
        var result = _source.Load();

        Assert.Empty(result.Problems);
        Assert.Same(before.Services[Name("moving")], result.Objects.Services[Name("moving")]);
        Assert.Same(before.Services[Name("moving")], LoadSettled().Objects.Services[Name("moving")]);
    }

    [Fact]
    public void A_syntax_error_keeps_what_cannot_be_read_and_takes_up_the_rest()
    {
        _folder.Write("a.yaml", Service("good", 1), Service("broken", 1));
        _source.Load();

        _folder.Write("a.yaml", Service("good", 2), "kind: [\n");
        var result = LoadSettled();

        Assert.Equal((2, 1), (PortOf(result, "good"), PortOf(result, "broken")));
        Assert.True(result.CouldReadAll);
        Assert.Contains(result.Problems, problem => problem is { Severity: ProblemSeverity.Error, Message: ['Y', 'A', 'M', 'L', ..] });
        Assert.Contains(result.Problems, problem => problem is { Severity: ProblemSeverity.Note, Message: "the last good version stays in use of Service default/broken" });
    }

    [Fact]
    public void A_bad_object_keeps_its_last_good_version_and_objects_that_are_gone_go()
    {
        _folder.Write("a.yaml", Service("bad", 1), Service("gone", 1));
        _source.Load();

        _folder.Write("a.yaml", Service("bad", 1).Replace("port: 1", "port: one", StringComparison.Ordinal));
        var result = LoadSettled();

        Assert.Equal(["bad"], Names(result));
        Assert.Equal(1, PortOf(result, "bad"));

        _folder.Write("a.yaml", Service("bad", 3));
        result = _source.Load();
        Assert.Equal(3, PortOf(result, "bad"));
        Assert.Empty(result.Problems);
        Assert.True(result.CouldReadAll);
    }

    [Fact]
    public void A_held_object_yields_to_a_sound_one_in_another_file()
    {
        _folder.Write("a.yaml", Service("web", 1));
        _source.Load();

        _folder.Write("a.yaml", "kind: [\n");
        _folder.Write("b.yaml", Service("web", 2));
        var result = LoadSettled();

        Assert.Equal(2, PortOf(result, "web"));
        Assert.DoesNotContain(result.Problems, problem => problem.Message.StartsWith("already", StringComparison.Ordinal));
    }

    [Fact]
    public void An_emptied_file_keeps_its_objects_until_it_has_been_empty_for_the_settle_time()
    {
        _folder.Write("a.yaml", Service("a"));
        _source.Load();

        _folder.Write("a.yaml", "");
        var emptied = _source.Load();
        Assert.Equal(["a"], Names(emptied));
        Assert.Equal(Settled, emptied.LoadAgainAfter);

        _clock.Move(Settled / 2);
        Assert.Equal(Settled / 2, _source.Load().LoadAgainAfter);

        _clock.Move(Settled / 2);
        var settled = _source.Load();
        Assert.Empty(Names(settled));
        Assert.Null(settled.LoadAgainAfter);
    }

    [Fact]
    public void A_file_that_is_rewritten_all_the_time_goes_live_all_the_same()
    {
        _folder.Write("a.yaml", Service("a", 1), Service("old"));
        _source.Load();

        for (var round = 1; round <= 20; round++)
        {
            _folder.Write("a.yaml", Service("a", 100 + round), Service($"new{round}"));
            _source.Load();
            _clock.Move(TimeSpan.FromMilliseconds(200));
        }

        Assert.True(PortOf(_source.Load(), "a") > 100);
    }

    [Fact]
    public void A_file_that_was_renamed_into_place_is_believed_soon()
    {
        _folder.Write("a.yaml", Service("a"), Service("b"));
        _source.Load();

        _folder.Write(".aside", Service("a"));
        File.Move(_folder.PathOf(".aside"), _folder.PathOf("a.yaml"), overwrite: true);
        Assert.Equal(TimeSpan.FromMilliseconds(50), _source.Load().LoadAgainAfter);
        _clock.Move(TimeSpan.FromMilliseconds(50));

        Assert.Equal(["a"], Names(_source.Load()));
    }

    [Fact]
    public void A_file_still_being_written_is_taken_up_when_it_is_whole()
    {
        _folder.Write("a.yaml", Service("a", 1), Service("b", 1));
        var before = _source.Load();

        _folder.Write("a.yaml", "");
        Assert.Same(before.Objects, _source.Load().Objects);
        _clock.Move(Settled);
        _folder.Write("a.yaml", Service("a", 2));
        Assert.Same(before.Objects, _source.Load().Objects);
        _folder.Write("a.yaml", Service("a", 2), Service("b", 2));

        var result = _source.Load();
        Assert.Equal((2, 2), (PortOf(result, "a"), PortOf(result, "b")));
        Assert.Null(result.LoadAgainAfter);
    }

    [Fact]
    public void A_deleted_file_is_believed_after_the_settle_time()
    {
        _folder.Write("a.yaml", Service("a"));
        var before = _source.Load();

        _folder.Delete("a.yaml");
        Assert.Equal(Settled, _source.Load().LoadAgainAfter);
        _folder.Write("a.yaml", Service("a"));
        Assert.Same(before.Objects, _source.Load().Objects);

        _folder.Delete("a.yaml");
        Assert.Empty(Names(LoadSettled()));
    }

    [Fact]
    public void A_file_that_cannot_be_read_keeps_its_objects()
    {
        var path = _folder.Write("a.yaml", Service("a"));
        _source.Load();

        // Root may read everything, so a link to nothing stands for all reasons.
        File.Delete(path);
        File.CreateSymbolicLink(path, "nowhere");
        var result = _source.Load();

        Assert.Equal(["a"], Names(result));
        Assert.False(result.CouldReadAll);
        Assert.Equal($"{path}: error: cannot be read: it is not there any more, or is a link to nothing", result.Problems[0].ToString());
    }

    [Fact]
    public void A_path_that_is_not_there_is_a_problem_until_it_appears_and_again_when_it_goes()
    {
        var source = new ManifestSource([_folder.PathOf("later")], _clock);
        var missing = source.Load();
        Assert.Equal($"{_folder.PathOf("later")}: error: no such file or folder", Assert.Single(missing.Problems).ToString());
        Assert.False(missing.CouldReadAll);

        _folder.Write("later/a.yaml", Service("a"));
        var there = source.Load();
        Assert.Equal(["a"], Names(there));
        Assert.True(there.CouldReadAll);

        Directory.Move(_folder.PathOf("later"), _folder.PathOf("away"));
        _clock.Move(Settled);
        var gone = source.Load();
        Assert.Same(there.Objects, gone.Objects);
        Assert.Single(gone.Problems);
    }

    [Fact]
    public void A_single_file_is_read_whatever_its_name()
    {
        var source = new ManifestSource([_folder.Write("services.txt", Service("a"))], _clock);

        Assert.Equal(["a"], Names(source.Load()));
    }

    [Fact]
    public void A_file_above_the_limit_is_refused()
    {
        var source = new ManifestSource([_folder.Root], _clock) { LargestFile = 1024 * 1024 };
        _folder.Write("a.yaml", Service("a"));
        _folder.Write("big.yaml", new string('#', (1024 * 1024) + 1));

        var result = source.Load();

        Assert.Equal(["a"], Names(result));
        Assert.Equal("larger than 1 MiB", Assert.Single(result.Problems).Message);
    }

    [Fact]
    public void Binary_files_give_one_problem_each()
    {
        var noise = new byte[100_000];
        new Random(1).NextBytes(noise);
        File.WriteAllBytes(_folder.PathOf("noise.yaml"), noise);
        File.WriteAllBytes(_folder.PathOf("zero.yaml"), new byte[1000]);

        Assert.Equal(2, _source.Load().Problems.Count);
    }

    [Fact]
    public void Byte_order_marks_are_understood()
    {
        File.WriteAllText(_folder.PathOf("a.yaml"), Service("utf8"), new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        File.WriteAllText(_folder.PathOf("b.yaml"), Service("utf16"), Encoding.Unicode);

        Assert.Equal(["utf16", "utf8"], Names(_source.Load()));
    }

    [Fact]
    public async Task Watching_loads_now_and_after_each_change()
    {
        _folder.Write("a.yaml", Service("a"));
        var source = new ManifestSource([_folder.Root], TimeProvider.System);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var seen = new List<string>();

        await foreach (var result in source.WatchAsync(deadline.Token))
        {
            var names = string.Join(',', Names(result));
            if (seen.Count > 0 && seen[^1] == names)
            {
                continue;
            }

            seen.Add(names);
            switch (seen.Count)
            {
                case 1:
                    _folder.Write("b.yaml", Service("b"));
                    break;
                case 2:
                    _folder.Write("a.yaml", "");
                    break;
            }

            if (seen.Count == 3)
            {
                break;
            }
        }

        Assert.Equal(["a", "a,b", "b"], seen);
    }

    private static NamespacedName Name(string name) => new("default", name);

    private static IEnumerable<string> Names(LoadResult result) => result.Objects.Services.Keys.Select(key => key.Name).Order(StringComparer.Ordinal);

    private static int? PortOf(LoadResult result, string name) => result.Objects.Services[Name(name)].Spec.Ports![0].Port;

    private LoadResult LoadSettled()
    {
        _source.Load();
        _clock.Move(Settled);
        return _source.Load();
    }

    // As the kubelet does: a folder for each version, a link to it that is replaced by rename, and links that never change.
    private void MountConfigMap(string version, string service)
    {
        _folder.Write($"{version}/a.yaml", Service(service));
        _folder.SwapLink("..data", version);
        if (!File.Exists(_folder.PathOf("a.yaml")))
        {
            File.CreateSymbolicLink(_folder.PathOf("a.yaml"), "..data/a.yaml");
        }
    }
}
