using EdgeProxy.Commands;
using EdgeProxy.Demo;
using EdgeProxy.Kubernetes.Api.Configuration;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Settings;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Hosting;

/// <summary>What <c>run</c> and <c>demo</c> share: say what is wrong with the settings, or run until stopped.</summary>
internal static class ProxyRunner
{
    /// <summary>Runs the proxy over a cluster, or over manifests when there is none.</summary>
    /// <param name="settings">What the user set.</param>
    /// <param name="errors">What is wrong with it.</param>
    /// <param name="cluster">The cluster, or null.</param>
    /// <param name="readAgain">Reads the settings again when their file changes, telling of mistakes.</param>
    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(ProxySettings settings, List<string> errors, ApiConnection? cluster, Func<List<string>, ProxySettings> readAgain) =>
        RunAsync(settings, errors, cluster, demo: null, readAgain);

    /// <summary>Runs the proxy over manifests, plays the pods and prints what to try.</summary>
    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(ProxySettings settings, List<string> errors, DemoOptions demo) => RunAsync(settings, errors, cluster: null, demo, readAgain: null);

    private static async Task<int> RunAsync(
        ProxySettings settings, List<string> errors, ApiConnection? cluster, DemoOptions? demo, Func<List<string>, ProxySettings>? readAgain)
    {
        var controlPlane = ManifestAssembly.ControlPlane(settings, errors);
        if (errors.Count > 0)
        {
            errors.ForEach(error => Console.Error.WriteLine($"edgeproxy: {error}"));
            return ExitCodes.CouldNotRead;
        }

        using var level = new LogLevelSwitch(settings.LogLevel ?? ProxySettings.DefaultLogLevel);
        using var loggers = Logging.Create(settings, level);
        using var signals = new ShutdownSignals();
        try
        {
            if (demo is null)
            {
                await new ProxyProcess(settings, controlPlane, demo: null, level, loggers) { Cluster = cluster, ReadAgain = readAgain }.RunAsync(signals);
                return ExitCodes.Success;
            }

            // The pods outlive the proxy, so that its drain has somebody to talk to.
            await using var pods = new DemoPods(demo, loggers);
            var process = new ProxyProcess(settings, controlPlane, new DemoStage(new DemoWorkloads(demo), pods), level, loggers)
            {
                Ready = (served, http, https) => PrintGuide(settings, served, http, https),
            };
            await process.RunAsync(signals);
            return ExitCodes.Success;
        }
        catch (IOException error)
        {
            await Console.Error.WriteLineAsync($"edgeproxy: {error.Message}");
            return ExitCodes.Problems;
        }
    }

    private static void PrintGuide(ProxySettings settings, ObjectSet served, int httpPort, int httpsPort)
    {
        Console.WriteLine($"Serving {string.Join(", ", settings.Manifests)}. Edit the files and ask again; Ctrl-C stops.\n");
        Console.WriteLine(string.Join(Environment.NewLine, DemoGuide.Lines(served, httpPort, httpsPort)));

        var privileged = served.Services.Values
            .Where(service => service.Spec.ClusterIP is not (null or "None"))
            .Where(service => service.Spec.Ports?.Exists(port => port.Port is { } number && !PrivilegedPorts.MayBind(number)) is true)
            .Select(service => service.Name.Name)
            .Order(StringComparer.Ordinal)
            .ToList();
        if (privileged.Count > 0)
        {
            Console.WriteLine($"\nNot served, because ports below 1024 need the capability NET_BIND_SERVICE: {string.Join(", ", privileged)}");
        }
    }
}
