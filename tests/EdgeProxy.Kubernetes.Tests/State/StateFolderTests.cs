using System.Collections.Immutable;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using EdgeProxy.Kubernetes.Api.Watching;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.State;
using EdgeProxy.Kubernetes.Tests.Api;
using EdgeProxy.Model;
using EdgeProxy.Testing;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.Tests.State;

/// <summary>The last-good state on disk.</summary>
public sealed class StateFolderTests : IDisposable
{
    private const string Source = "https://10.96.0.1:443/";
    private static readonly NamespacedName Web = new("default", "web");

    private readonly TemporaryFolder _folder = new();
    private readonly RecordingLoggerFactory _log = new();

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    private string Folder => _folder.PathOf("cluster");

    public void Dispose()
    {
        _folder.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task Every_object_comes_back_as_it_was_and_Secrets_never_reach_the_disk()
    {
        await SaveAsync(Objects());

        var recalled = Keeper().Recall();

        Assert.NotNull(recalled);
        var before = Objects();
        Assert.Equal(Json(before.Services[Web]), Json(recalled.Objects.Services[Web]));
        Assert.Equal(Json(before.EndpointSlices[new("default", "web-x")]), Json(recalled.Objects.EndpointSlices[new("default", "web-x")]));
        Assert.Equal(Json(before.Ingresses[Web]), Json(recalled.Objects.Ingresses[Web]));
        Assert.Empty(recalled.Objects.Secrets);
        Assert.All(Directory.GetFiles(Folder), file =>
        {
            Assert.DoesNotContain("dg==", Unpack(file), StringComparison.Ordinal);
            Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        });
    }

    [Fact]
    public async Task Only_kinds_that_changed_are_written_again()
    {
        var objects = Objects();
        var keeper = Keeper();
        await SaveAsync(objects, keeper);
        var services = await File.ReadAllBytesAsync(PathOf("Service"), Deadline);
        var slices = await File.ReadAllBytesAsync(PathOf("EndpointSlice"), Deadline);

        await SaveAsync(objects with { EndpointSlices = objects.EndpointSlices.Clear() }, keeper);

        Assert.Equal(services, await File.ReadAllBytesAsync(PathOf("Service"), Deadline));
        Assert.NotEqual(slices, await File.ReadAllBytesAsync(PathOf("EndpointSlice"), Deadline));
        Assert.Empty(Keeper().Recall()!.Objects.EndpointSlices);
    }

    [Theory]
    [InlineData("cut", "it is damaged or cut off")]
    [InlineData("changed", "it is damaged or cut off")]
    [InlineData("no gzip", "")]
    [InlineData("empty", "it is empty")]
    [InlineData("version", "it has version 0, expected 1")]
    [InlineData("missing", "")]
    public async Task A_file_that_cannot_be_used_is_named_and_then_nothing_is_recalled(string damage, string why)
    {
        await SaveAsync(Objects());
        var path = PathOf("Ingress");
        var lines = Unpack(path);
        switch (damage)
        {
            case "cut":
                Pack(path, lines[..lines.LastIndexOf('{')]);
                break;
            case "changed":
                Pack(path, lines.Replace("web.example.com", "www.example.com", StringComparison.Ordinal));
                break;
            case "no gzip":
                await File.WriteAllTextAsync(path, lines, Deadline);
                break;
            case "empty":
                await File.WriteAllTextAsync(path, "", Deadline);
                break;
            case "version":
                await StateFile.WriteAsync(path, new StateFileHead(0, "Ingress", Source, default), new List<Ingress>(), () => Task.CompletedTask);
                break;
            default:
                File.Delete(path);
                break;
        }

        Assert.Null(Keeper().Recall());

        var line = Assert.Single(_log.Lines, line => line.Text.Contains("cannot be used and is ignored", StringComparison.Ordinal));
        Assert.Contains(path, line.Text, StringComparison.Ordinal);
        Assert.Contains(why, line.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_state_of_another_cluster_is_not_recalled()
    {
        await SaveAsync(Objects());

        Assert.Null(new StateFolder(Folder, "https://elsewhere/", _log.CreateLogger("State"), TimeProvider.System).Recall());
    }

    [Fact]
    public void Nothing_is_recalled_and_nothing_said_at_the_first_start()
    {
        Assert.Null(Keeper().Recall());
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_said_once()
    {
        await File.WriteAllTextAsync(Folder, "in the way", Deadline);
        var keeper = Keeper();

        await SaveAsync(Objects(), keeper);
        await SaveAsync(ObjectSet.Empty, keeper);

        Assert.Single(_log.Lines, line => line.Text.Contains("cannot be kept", StringComparison.Ordinal));
        Assert.NotNull(keeper.Trouble);
    }

    [Fact]
    public async Task A_change_is_written_some_seconds_later_and_not_before()
    {
        var time = new ManualTimeProvider();
        var keeper = new StateFolder(Folder, Source, _log.CreateLogger("State"), time);
        using var stop = new CancellationTokenSource();
        var running = keeper.RunAsync(stop.Token);
        keeper.Observe(Objects());

        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return File.Exists(PathOf("Namespace"));
            },
            () => "the files");

        await stop.CancelAsync();
        await running;
        Assert.NotNull(Keeper().Recall());
    }

    private StateFolder Keeper() => new(Folder, Source, _log.CreateLogger("State"), TimeProvider.System);

    private string PathOf(string kind) => Path.Combine(Folder, kind + ".jsonl.gz");

    /// <summary>As a process does that is told to stop at once.</summary>
    private async Task SaveAsync(ObjectSet objects, StateFolder? keeper = null)
    {
        keeper ??= Keeper();
        keeper.Observe(objects);
        await keeper.RunAsync(new CancellationToken(canceled: true));
    }

    private static ObjectSet Objects() => new()
    {
        Services = One(Tests.Api.Objects.Service("web"), ObjectSlots.Services),
        EndpointSlices = One(Tests.Api.Objects.Slice("web", 8080, "10.0.0.1", "10.0.0.2"), ObjectSlots.EndpointSlices),
        Ingresses = One(Tests.Api.Objects.Ingress("web", "web.example.com", "web", secret: "named"), ObjectSlots.Ingresses),
        Secrets = One(Tests.Api.Objects.Secret("named"), ObjectSlots.Secrets),
    };

    private static ImmutableDictionary<NamespacedName, T> One<T>(string json, ObjectSlot<T> slot)
        where T : KubernetesObject
    {
        var item = (T)JsonSerializer.Deserialize(json, typeof(T), ResourceJson.Default)!;
        return slot.Get(ObjectSet.Empty).Add(item.Name, item);
    }

    private static string Json<T>(T item) => JsonSerializer.Serialize(item, typeof(T), ResourceJson.Default);

    private static string Unpack(string path)
    {
        using var packed = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var reader = new StreamReader(packed);
        return reader.ReadToEnd();
    }

    private static void Pack(string path, string text)
    {
        using var packed = new GZipStream(File.Create(path), CompressionLevel.Fastest);
        packed.Write(Encoding.UTF8.GetBytes(text));
    }
}
