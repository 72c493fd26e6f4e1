using System.CommandLine;
using EdgeProxy.Hosting;
using EdgeProxy.Kubernetes.ControlPlane;
using EdgeProxy.Kubernetes.Manifests;
using EdgeProxy.Settings;

namespace EdgeProxy.Commands;

/// <summary>The manifests a command was given, read exactly as the running proxy does.</summary>
/// <param name="Result">What became of them.</param>
/// <param name="CouldReadAll">False when some file could not be read.</param>
internal sealed record ManifestReading(PipelineResult Result, bool CouldReadAll)
{
    /// <summary>Reads them; null, and then it is said in <paramref name="errors"/>, when the settings are wrong or name no manifests.</summary>
    /// <param name="options">The command's settings.</param>
    /// <param name="parsed">Its line.</param>
    /// <param name="memory">What Services were given before.</param>
    /// <param name="nothing">What to say when there is nothing to read.</param>
    /// <param name="errors">Where to say it.</param>
    public static ManifestReading? Read(
        SettingOptions options, ParseResult parsed, Func<ProxySettings, AllocationMemory> memory, string nothing, List<string> errors)
    {
        var settings = options.Read(parsed, errors);
        var controlPlane = ManifestAssembly.ControlPlane(settings, errors);
        if (settings.Manifests.IsEmpty)
        {
            errors.Add(nothing);
        }

        if (errors.Count > 0)
        {
            return null;
        }

        var loaded = new ManifestSource(settings.Manifests, TimeProvider.System).Load();
        var pipeline = ManifestAssembly.Pipeline(settings, controlPlane, memory(settings), TimeProvider.System);
        return new ManifestReading(pipeline.Apply(loaded.Objects, loaded.Problems), loaded.CouldReadAll);
    }

    /// <summary>The addresses a running proxy has given; they are only read.</summary>
    public static AllocationMemory Remembered(ProxySettings settings) => AllocationMemory.Recall(ManifestAssembly.StateFile(settings));
}
