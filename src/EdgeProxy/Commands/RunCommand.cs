using System.CommandLine;
using EdgeProxy.Hosting;

namespace EdgeProxy.Commands;

/// <summary><c>edgeproxy run</c>: serves the Services and Ingresses of a cluster or of manifests and follows their changes.</summary>
internal static class RunCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new TaughtCommand("run", "Serve the Services and Ingresses of a cluster, or of given manifests, and follow their changes.")
        {
            Examples =
            [
                "edgeproxy run --manifests ./manifests",
                "edgeproxy run --kubeconfig ~/.kube/config --vips dummy",
                "edgeproxy run --config /etc/edgeproxy/edgeproxy.json",
            ],
            ExitCodes = [(0, "stopped by a signal"), (1, "could not start: a port or an address cannot be had"), (2, "wrong usage or settings")],
        };
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
