using System.CommandLine;
using EdgeProxy.Hosting;

namespace EdgeProxy.Commands;

/// <summary><c>edgeproxy run</c>: serves the Services and Ingresses of a cluster or of manifests and follows their changes.</summary>
internal static class RunCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new Command("run", "Serve the Services and Ingresses of a cluster, or of given manifests, and follow their changes.");
        var options = new SettingOptions(command);
        command.SetAction((parsed, _) =>
        {
            var errors = new List<string>();
            var settings = options.Read(parsed, errors);
            var cluster = ClusterAssembly.Connection(settings, Environment.GetEnvironmentVariable, TimeProvider.System, errors);
            return ProxyRunner.RunAsync(settings, errors, cluster, mistakes =>
            {
                var written = options.Read(parsed, mistakes);
                ManifestAssembly.ControlPlane(written, mistakes);
                return written;
            });
        });
        return command;
    }
}
