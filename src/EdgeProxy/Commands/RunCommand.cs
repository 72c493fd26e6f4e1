using System.CommandLine;
using EdgeProxy.Hosting;

namespace EdgeProxy.Commands;

/// <summary><c>edgeproxy run</c>: serves the Services and Ingresses of manifests and follows their changes.</summary>
internal static class RunCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new Command("run", "Serve every Service and Ingress of the given manifests, and follow their changes.");
        var options = new SettingOptions(command);
        command.SetAction((parsed, _) =>
        {
            var errors = new List<string>();
            var settings = options.Read(parsed, errors);
            if (settings.Manifests.IsEmpty)
            {
                errors.Add("nothing to serve: give files or folders with --manifests PATH…");
            }

            return ProxyRunner.RunAsync(settings, errors, demo: null);
        });
        return command;
    }
}
