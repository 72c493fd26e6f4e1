using EdgeProxy.Hosting;
using EdgeProxy.Settings;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>Where <c>run</c> takes its objects from.</summary>
public sealed class ClusterSelectionTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edgeproxy-selection-");
    private readonly List<string> _errors = [];

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_kubeconfig_that_is_given_comes_before_one_that_is_listed()
    {
        var settings = new ProxySettings { Kubeconfig = Kubeconfig("given") };

        Assert.Equal("given", Choose(settings, Kubeconfig("listed")));
        Assert.Equal("listed", Choose(new ProxySettings(), Kubeconfig("listed")));
        Assert.Empty(_errors);
    }

    [Fact]
    public void Manifests_come_before_what_the_environment_says()
    {
        Assert.Null(Choose(new ProxySettings { Manifests = ["."] }, Kubeconfig("listed")));
        Assert.Empty(_errors);
    }

    [Fact]
    public void Nothing_at_all_and_both_at_once_are_mistakes()
    {
        Assert.Null(Choose(new ProxySettings(), listed: null));
        Assert.StartsWith("nothing to serve", Assert.Single(_errors), StringComparison.Ordinal);

        _errors.Clear();
        Choose(new ProxySettings { Manifests = ["."], Kubeconfig = Kubeconfig("given") }, listed: null);
        Assert.Equal("--kubeconfig and --manifests: give one of them, not both", Assert.Single(_errors));
    }

    [Fact]
    public void A_kubeconfig_that_cannot_be_read_is_a_mistake_with_its_name()
    {
        var missing = Path.Combine(_folder.FullName, "missing");

        Choose(new ProxySettings { Kubeconfig = missing }, listed: null);

        Assert.StartsWith($"{missing} cannot be read", Assert.Single(_errors), StringComparison.Ordinal);
    }

    private string? Choose(ProxySettings settings, string? listed) =>
        ClusterAssembly.Connection(settings, name => name == "KUBECONFIG" ? listed : null, TimeProvider.System, _errors)?.Server.Host;

    private string Kubeconfig(string host)
    {
        var path = Path.Combine(_folder.FullName, host);
        File.WriteAllText(path, $"current-context: x\ncontexts: [{{name: x, context: {{cluster: c}}}}]\nclusters: [{{name: c, cluster: {{server: 'https://{host}'}}}}]");
        return path;
    }
}
