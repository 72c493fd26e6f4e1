using EdgeProxy.Kubernetes.Manifests;
using EdgeProxy.Settings;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Hosting;

/// <summary>
/// Follows the configuration file: what may change while running is put into effect, what may not is named, and with a mistake anywhere in it
/// everything stays as it is.
/// </summary>
/// <param name="running">The settings the process was started with.</param>
/// <param name="read">Reads them again, telling of mistakes.</param>
/// <param name="logger">Told what became of a change.</param>
/// <param name="time">The clock.</param>
internal sealed class SettingFollower(ProxySettings running, Func<List<string>, ProxySettings> read, ILogger logger, TimeProvider time)
{
    private string _waiting = "";

    /// <summary>Runs until cancelled. <paramref name="apply"/> is given the settings with what is live in them as it is now.</summary>
    public async Task RunAsync(Func<ProxySettings, Task> apply, CancellationToken cancellationToken)
    {
        if (running.File is not { } file)
        {
            return;
        }

        try
        {
            await using var watcher = new ManifestWatcher([file], time);
            var last = running;
            while (true)
            {
                await watcher.WaitForChangeAsync(cancellationToken);
                last = await FollowAsync(file, last, apply);
            }
        }
        catch (OperationCanceledException)
        {
            // The process is stopping.
        }
    }

    private async Task<ProxySettings> FollowAsync(string file, ProxySettings last, Func<ProxySettings, Task> apply)
    {
        var errors = new List<string>();
        var written = read(errors);
        if (errors.Count > 0)
        {
            ProcessLog.SettingsRefused(logger, file, string.Join("; ", errors));
            return last;
        }

        ReportWaiting(file, written);
        var next = SettingSources.Renew(running, written);
        if (Differences(last, next) is not { Length: > 0 } changed)
        {
            return last;
        }

        try
        {
            await apply(next);
            ProcessLog.SettingsChanged(logger, file, changed);
            return next;
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            ProcessLog.SettingsNotApplied(logger, file, error);
            return last;
        }
    }

    /// <summary>Names what takes a restart, once a change of it.</summary>
    private void ReportWaiting(string file, ProxySettings written)
    {
        var waiting = Differences(running, written, setting => !setting.IsLive);
        if (waiting.Length > 0 && waiting != _waiting)
        {
            ProcessLog.SettingsTakeRestart(logger, file, waiting);
        }

        _waiting = waiting;
    }

    // Names only: a value may be a secret.
    private static string Differences(ProxySettings before, ProxySettings after, Func<Setting, bool>? which = null) => string.Join(
        ", ",
        SettingTable.All.Where(setting => which?.Invoke(setting) != false && !ValuesOf(before, setting).SequenceEqual(ValuesOf(after, setting))).Select(setting => setting.Name));

    private static IReadOnlyList<string> ValuesOf(ProxySettings settings, Setting setting) => settings.Given.GetValueOrDefault(setting.Name) ?? [];
}
