using System.CommandLine;
using EdgeProxy.Demo;
using EdgeProxy.Hosting;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Commands;

/// <summary><c>edgeproxy demo</c>: as <c>run</c>, and plays the pods too; without a path it shows the samples.</summary>
internal static class DemoCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var paths = new Argument<string[]>("PATH") { Arity = ArgumentArity.ZeroOrMore, Description = "Manifests. Default: config/samples." };
        var command = new TaughtCommand("demo", "Serve manifests and play their pods, on loopback addresses and without any privilege.")
        {
            Examples =
            [
                "edgeproxy demo",
                "edgeproxy demo ./manifests",
            ],
            ExitCodes = [(0, "stopped by a signal"), (1, "could not start: a port or an address cannot be had"), (2, "wrong usage or settings")],
        };
        command.Arguments.Add(paths);
        var options = new SettingOptions(command, paths);
        command.SetAction((parsed, _) =>
        {
            var errors = new List<string>();
            var settings = options.Read(parsed, errors);
            if (settings.Manifests.IsEmpty)
            {
                AddSamples(settings, errors);
            }

            // A laptop's demo stays on the laptop, stops when asked to, and does not bury its guide under log lines.
            var isLeftToUs = settings.NodeIPs.IsEmpty && settings.NodePortAddresses == Settings.NodePortSelection.All;
            settings.NodeIPs = isLeftToUs ? [Model.IpAddr.Parse("127.0.0.1")] : settings.NodeIPs;
            settings.DrainTimeout ??= TimeSpan.FromSeconds(1);
            settings.LogLevel ??= LogLevel.Warning;
            return ProxyRunner.RunAsync(settings, errors, new DemoOptions { NodeName = settings.NodeName });
        });
        return command;
    }

    /// <summary>The samples stand in the source tree, and beside the program in an installation.</summary>
    private static void AddSamples(Settings.ProxySettings settings, List<string> errors)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var samples = Path.Combine(folder.FullName, "config", "samples");
            if (Directory.Exists(samples))
            {
                settings.Manifests = [samples];
                return;
            }
        }

        errors.Add("the samples (config/samples) are not here; give files or folders to show");
    }
}
