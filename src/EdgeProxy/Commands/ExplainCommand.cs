using System.CommandLine;
using System.Text.Json;
using EdgeProxy.Admin;
using EdgeProxy.Explaining;
using EdgeProxy.Http.Explain;

namespace EdgeProxy.Commands;

/// <summary>
/// <c>edgeproxy explain</c>: says what would become of a request and why, from manifests or, with <c>--admin</c>, from a running process. Exit code
/// 0 when an endpoint would get it or the client be sent elsewhere, 1 when the answer would be an error, 2 when something could not be read.
/// </summary>
internal static class ExplainCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var request = new Argument<string[]>("[METHOD] URL") { Arity = new ArgumentArity(1, 2), Description = "The request: GET unless said otherwise, then http:// or https://, host, path and query." };
        var headers = new Option<string[]>("--header", "-H") { Description = "A header line, 'Name: value'.", HelpName = "LINE", DefaultValueFactory = _ => [] };
        var admin = new Option<string?>("--admin") { Description = "Ask the running process whose admin port this is, such as http://127.0.0.1:9180.", HelpName = "URL" };
        var output = OutputOption.Create();
        var command = new TaughtCommand("explain", "Say which listener, host, rule, Service and endpoints a request would meet, and why not the others.")
        {
            Examples =
            [
                "edgeproxy explain https://shop.example.com/cart --manifests ./manifests",
                "edgeproxy explain POST http://shop.example.com/ -H 'Cookie: canary=always' --admin http://127.0.0.1:9180",
            ],
            ExitCodes = [(0, "an endpoint would get it, or the client be sent elsewhere"), (1, "the answer would be an error"), (2, "something could not be read or asked, or wrong usage or settings")],
        };
        command.Arguments.Add(request);
        command.Options.Add(headers);
        command.Options.Add(admin);
        command.Options.Add(output);
        var options = new SettingOptions(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var errors = new List<string>();
            var question = ExplainQuestion.Parse(parsed.GetValue(request)!, parsed.GetValue(headers)!, errors);
            var explanation = errors.Count > 0
                ? null
                : parsed.GetValue(admin) is { } port
                    ? await new AdminClient(port, options.Read(parsed, errors).AdminTokenFile).AskAsync(
                        "/api/v1/explain" + question!.ToQuery(), text => JsonSerializer.Deserialize<RequestExplanation>(text, ExplainReport.Json), errors, cancellationToken)
                    : Read(options, parsed, question!, errors);
            if (explanation is null)
            {
                errors.ForEach(error => Console.Error.WriteLine($"edgeproxy: {error}"));
                return ExitCodes.CouldNotRead;
            }

            await Console.Out.WriteAsync(parsed.GetValue(output) == "json" ? JsonSerializer.Serialize(explanation, ExplainReport.Json) + "\n" : ExplainReport.ToText(explanation));
            return explanation.Status >= 400 ? ExitCodes.Problems : ExitCodes.Success;
        });
        return command;
    }

    private static RequestExplanation? Read(SettingOptions options, ParseResult parsed, ExplainQuestion question, List<string> errors)
    {
        const string Nothing = "nothing to explain by: give --manifests, or --admin for a running process";
        var read = ManifestReading.Read(options, parsed, ManifestReading.Remembered, Nothing, errors);
        return read is null ? null : question.Answer(read.Result.Snapshot, errors);
    }
}
