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
        var admin = new Option<string>("--admin")
        {
            Description = "The admin port of the process.", HelpName = "URL", DefaultValueFactory = _ => AdminClient.DefaultAddress,
        };
        var output = new Option<string>("--output", "-o") { Description = "text or json.", HelpName = "FORMAT", DefaultValueFactory = _ => "text" };
        output.AcceptOnlyFromAmong("text", "json");
        var watch = new Option<bool>("--watch", "-w") { Description = "Print it again every 2 s, until interrupted." };
        var command = new Command("status", "Print what a running process serves: source, snapshot, Services, routes, certificates, leader, problems.") { admin, output, watch };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var isJson = parsed.GetValue(output) == "json";
            if (!parsed.GetValue(watch))
            {
                return await PrintAsync(parsed.GetValue(admin)!, isJson, cancellationToken);
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

                    exitCode = await PrintAsync(parsed.GetValue(admin)!, isJson, cancellationToken);
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

    private static async Task<int> PrintAsync(string admin, bool isJson, CancellationToken cancellationToken)
    {
        var errors = new List<string>();
        var status = await AdminClient.AskAsync(
            admin, "/api/v1/status", text => JsonSerializer.Deserialize(text, AdminJson.Default.StatusDocument), errors, cancellationToken);
        if (status is null)
        {
            errors.ForEach(error => Console.Error.WriteLine($"edgeproxy: {error}"));
            return ExitCodes.CouldNotRead;
        }

        await Console.Out.WriteAsync(isJson ? JsonSerializer.Serialize(status, AdminJson.Readable.StatusDocument) + "\n" : StatusText.Of(status));
        return status.Ready ? ExitCodes.Success : ExitCodes.Problems;
    }
}
