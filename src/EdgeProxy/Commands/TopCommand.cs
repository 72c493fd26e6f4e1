using System.CommandLine;
using System.Text.Json;
using EdgeProxy.Admin;
using EdgeProxy.Admin.Documents;
using Spectre.Console;

namespace EdgeProxy.Commands;

/// <summary>
/// <c>edgeproxy top</c>: shows which Services and routes are busy, again and again until interrupted. Exit code 0, or 2 when the process cannot be
/// asked or the usage is wrong.
/// </summary>
internal static class TopCommand
{
    // Where there is no terminal nobody says how wide it is; names are worth more than a margin.
    private const int WidthWithoutTerminal = 200;

    private static readonly JsonSerializerOptions Line = new(JsonSerializerDefaults.Web);

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var once = new Option<bool>("--once") { Description = "Look for one interval, print it and end." };
        var interval = new Option<double>("--interval") { Description = "Seconds between two looks, 0.2 to 60.", HelpName = "SECONDS", DefaultValueFactory = _ => 2 };
        interval.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double>() is < 0.2 or > 60)
            {
                result.AddError("--interval must be a number of seconds from 0.2 to 60");
            }
        });
        var limit = new Option<int>("--limit") { Description = "Rows of a table, at most.", HelpName = "ROWS", DefaultValueFactory = _ => 15 };
        var sort = new Option<string>("--sort") { Description = "What comes first: requests, connections, open, bytes, errors or latency.", HelpName = "BY", DefaultValueFactory = _ => "requests" };
        sort.AcceptOnlyFromAmong("requests", "connections", "open", "bytes", "errors", "latency");
        var output = OutputOption.Create("text, or json: a line each look.");
        var command = new TaughtCommand("top", "Show which Services and routes are busy: requests, connections, bytes, errors and latency, live.")
        {
            Examples =
            [
                "edgeproxy top",
                "edgeproxy top --sort errors",
                "edgeproxy top --once --output json",
                "edgeproxy top --admin http://10.0.0.5:9180 --admin-token-file ./token",
            ],
            ExitCodes = [(0, "printed, or interrupted"), (2, "the process cannot be asked, or wrong usage")],
        };
        var admin = new AdminOptions(command);
        command.Options.Add(once);
        command.Options.Add(interval);
        command.Options.Add(limit);
        command.Options.Add(sort);
        command.Options.Add(output);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var top = new TopView(
                admin.Client(parsed), TimeSpan.FromSeconds(parsed.GetValue(interval)), Math.Max(1, parsed.GetValue(limit)), Order(parsed.GetValue(sort)!));
            try
            {
                return await top.RunAsync(parsed.GetValue(output) == OutputOption.Json, parsed.GetValue(once), cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return ExitCodes.Success;
            }
        });
        return command;
    }

    private static Func<TrafficRate, double> Order(string by) => by switch
    {
        "connections" => rate => rate.ConnectionsPerSecond ?? rate.RequestsPerSecond,
        "open" => rate => rate.Open ?? rate.RequestsPerSecond,
        "bytes" => rate => rate.BytesReceivedPerSecond + rate.BytesSentPerSecond,
        "errors" => rate => rate.ErrorsPerSecond,
        "latency" => rate => rate.MeanMilliseconds ?? 0,
        _ => rate => rate.RequestsPerSecond + (rate.ConnectionsPerSecond ?? 0),
    };

    private sealed class TopView(AdminClient admin, TimeSpan interval, int limit, Func<TrafficRate, double> order)
    {
        private readonly IAnsiConsole _console = CreateConsole();

        public async Task<int> RunAsync(bool isJson, bool once, CancellationToken cancellationToken)
        {
            var isLive = !isJson && !once && !Console.IsOutputRedirected;
            var before = await LookAsync(cancellationToken);
            while (before is not null)
            {
                await Task.Delay(interval, TimeProvider.System, cancellationToken);
                if (await LookAsync(cancellationToken) is not { } after)
                {
                    break;
                }

                if (TrafficRates.Between(before, after, order, limit) is { } rates)
                {
                    Print(rates, isJson, isLive);
                    if (once)
                    {
                        return ExitCodes.Success;
                    }
                }

                before = after;
            }

            return ExitCodes.CouldNotRead;
        }

        private void Print(TrafficRates rates, bool isJson, bool isLive)
        {
            if (isJson)
            {
                Console.WriteLine(JsonSerializer.Serialize(rates, Line));
                return;
            }

            if (isLive)
            {
                Console.Write("\e[H\e[2J"); // home, and clear
            }

            _console.Write(TopTable.Of(rates));
            _console.WriteLine();
        }

        private static IAnsiConsole CreateConsole()
        {
            var console = AnsiConsole.Create(new AnsiConsoleSettings
            {
                Ansi = Paint.IsWanted ? AnsiSupport.Detect : AnsiSupport.No,
                ColorSystem = Paint.IsWanted ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            });
            console.Profile.Width = Console.IsOutputRedirected ? WidthWithoutTerminal : console.Profile.Width;
            return console;
        }

        private async Task<TrafficListDocument?> LookAsync(CancellationToken cancellationToken)
        {
            var errors = new List<string>();
            var traffic = await admin.AskAsync("/api/v1/traffic", text => JsonSerializer.Deserialize(text, AdminJson.Default.TrafficListDocument), errors, cancellationToken);
            errors.ForEach(error => Console.Error.WriteLine($"edgeproxy: {error}"));
            return traffic;
        }
    }
}
