using EdgeProxy.Kubernetes.ControlPlane;
using EdgeProxy.Kubernetes.Problems;
using static EdgeProxy.Kubernetes.Tests.ControlPlane.Samples;

namespace EdgeProxy.Kubernetes.Tests.ControlPlane;

public sealed class AllocationMemoryTests : IDisposable
{
    private static readonly ControlPlaneOptions s_options = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edgeproxy-state-");

    private string StatePath => Path.Combine(_folder.FullName, "below", "state.json");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Holder_keeps_its_address_over_a_restart_against_an_older_newcomer()
    {
        var first = new EmbeddedControlPlane(s_options, AllocationMemory.Open(StatePath));
        first.Apply(ObjectJson.Set(Service("z", spec => spec.ClusterIP = "127.96.7.7")));
        var newcomer = Service("a", spec => spec.ClusterIP = "127.96.7.7");
        newcomer.Metadata.CreationTimestamp = DateTimeOffset.UnixEpoch;

        var second = new EmbeddedControlPlane(s_options, AllocationMemory.Open(StatePath));
        var result = second.Apply(ObjectJson.Set(newcomer, Service("z", spec => spec.ClusterIP = "127.96.7.7")));

        Assert.Equal([Named("z")], result.Served.Services.Keys);
    }

    [Fact]
    public void Service_that_is_invalid_at_the_restart_still_holds_what_it_had()
    {
        new EmbeddedControlPlane(s_options, AllocationMemory.Open(StatePath)).Apply(ObjectJson.Set(Service("z", spec => spec.ClusterIP = "127.96.7.7")));

        var second = new EmbeddedControlPlane(s_options, AllocationMemory.Open(StatePath));
        var result = second.Apply(ObjectJson.Set(Service("z", spec => spec.Ports![0].Port = 0), Service("a", spec => spec.ClusterIP = "127.96.7.7")));

        Assert.Empty(result.Served.Services);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"version\": 99}")]
    [InlineData("{\"version\": 1, \"services\": {\"default/web\": {\"clusterIPs\": 7}}}")]
    public void Damaged_file_is_one_warning_and_then_a_sound_file(string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(StatePath)!);
        File.WriteAllText(StatePath, content);
        var controlPlane = new EmbeddedControlPlane(s_options, AllocationMemory.Open(StatePath));

        var first = controlPlane.Apply(ObjectJson.Set(Service("web")));
        var second = controlPlane.Apply(ObjectJson.Set(Service("web")));
        var restarted = new EmbeddedControlPlane(s_options, AllocationMemory.Open(StatePath)).Apply(ObjectJson.Set(Service("web")));

        var problem = Assert.Single(first.Problems);
        Assert.Equal((ProblemSeverity.Warning, StatePath), (problem.Severity, problem.Location!.Value.File));
        Assert.Empty(second.Problems);
        Assert.Empty(restarted.Problems);
    }

    [Fact]
    public void Nonsense_in_single_entries_is_dropped_and_the_rest_is_kept()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(StatePath)!);
        File.WriteAllText(StatePath, """
            {"version": 1, "services": {
              "nonsense": {"clusterIPs": ["127.96.5.5"]},
              "default/null": null,
              "default/a": {"clusterIPs": ["bogus", "127.96.5.5"], "nodePorts": [null]},
              "default/b": {"clusterIPs": ["127.96.5.5"]},
              "default/c": {"clusterIPs": ["10.0.0.1"], "nodePorts": [{"name": "", "protocol": "TCP", "port": 80, "nodePort": 80}]}}}
            """);

        var result = new EmbeddedControlPlane(s_options, AllocationMemory.Open(StatePath))
            .Apply(ObjectJson.Set(Service("a"), Service("b"), Service("c", spec => spec.Type = "NodePort")));

        Assert.Empty(result.Problems);
        Assert.Equal("127.96.5.5", result.Served.Services[Named("a")].Spec.ClusterIP);
        Assert.NotEqual("127.96.5.5", result.Served.Services[Named("b")].Spec.ClusterIP);
        Assert.InRange(result.Served.Services[Named("c")].Spec.Ports![0].NodePort!.Value, 30_086, 32_767);
    }

    [Fact]
    public void Unwritable_file_is_one_warning_a_time_and_addresses_are_given_all_the_same()
    {
        var path = Path.Combine(_folder.FullName, "file", "state.json");
        File.WriteAllText(Path.Combine(_folder.FullName, "file"), "a file where a folder should be");
        var controlPlane = new EmbeddedControlPlane(s_options, AllocationMemory.Open(path));

        var first = controlPlane.Apply(ObjectJson.Set(Service("web")));
        var second = controlPlane.Apply(ObjectJson.Set(Service("web")));

        Assert.Equal(ProblemSeverity.Warning, Assert.Single(first.Problems).Severity);
        Assert.Equal(ProblemSeverity.Warning, Assert.Single(second.Problems).Severity);
        Assert.NotNull(first.Served.Services[Named("web")].Spec.ClusterIP);
    }

    [Fact]
    public void File_is_written_only_when_something_changed_and_leaves_nothing_beside_it()
    {
        var controlPlane = new EmbeddedControlPlane(s_options, AllocationMemory.Open(StatePath));
        controlPlane.Apply(ObjectJson.Set(Service("web")));
        File.SetLastWriteTimeUtc(StatePath, DateTime.UnixEpoch);

        controlPlane.Apply(ObjectJson.Set(Service("web")));

        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(StatePath));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(StatePath)!));
    }
}
