using System.CommandLine;
using System.Text.Json;
using EdgeProxy.Admin;
using EdgeProxy.Admin.Documents;

namespace EdgeProxy.Commands;

/// <summary>
/// <c>edgeproxy status</c>: prints what a running process serves. Exit code 0 when it is ready, 1 when it is not, 2 when it cannot be asked or the
/// usage is wrong.
/// </summary>
internal static class StatusCommand
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(2);

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var output = OutputOption.Create();
        var watch = new Option<bool>("--watch", "-w") { Description = "Print it again every 2 s, until interrupted." };
        var command = new TaughtCommand("status", "Print what a running process serves: source, snapshot, Services, routes, certificates, leader, problems.")
        {
            Examples =
            [
                "edgeproxy status",
                "edgeproxy status --watch",
                "edgeproxy status --output json | jq .routes",
            ],
            ExitCodes = [(0, "it is ready"), (1, "it is not ready"), (2, "it cannot be asked, or wrong usage")],
        };
        var admin = new AdminOptions(command);
        command.Options.Add(output);
        command.Options.Add(watch);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var isJson = parsed.GetValue(output) == "json";
            if (!parsed.GetValue(watch))
            {
                return await PrintAsync(admin.Client(parsed), isJson, cancellationToken);
            }

            var exitCode = ExitCodes.CouldNotRead;
            try
            {
                while (true)
                {
                    if (!Console.IsOutputRedirected)
                    {
                        Console.Write("\e[H\e[2J"); // home, and clear
                    }

                    exitCode = await PrintAsync(admin.Client(parsed), isJson, cancellationToken);
                    await Task.Delay(WatchInterval, TimeProvider.System, cancellationToken);
                }
            }
            catch (OperationCanceledException)
            {
                return exitCode;
            }
        });
        return command;
    }

    private static async Task<int> PrintAsync(AdminClient admin, bool isJson, CancellationToken cancellationToken)
    {
        var errors = new List<string>();
        var status = await admin.AskAsync(
            "/api/v1/status", text => JsonSerializer.Deserialize(text, AdminJson.Default.StatusDocument), errors, cancellationToken);
        if (status is null)
        {
            errors.ForEach(error => Console.Error.WriteLine($"edgeproxy: {error}"));
            return ExitCodes.CouldNotRead;
        }

        await Console.Out.WriteAsync(isJson ? JsonSerializer.Serialize(status, AdminJson.Readable.StatusDocument) + "\n" : StatusText.Of(status));
        return status.Ready ? ExitCodes.Success : ExitCodes.Problems;
    }
}
