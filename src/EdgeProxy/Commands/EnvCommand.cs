using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeProxy.Kubernetes.Discovery;

namespace EdgeProxy.Commands;

/// <summary>
/// <c>edgeproxy env</c>: prints the variables by which a container started now would find its Services. Problems go to standard error. Exit
/// code 0, or 2 when something could not be read.
/// </summary>
internal static class EnvCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var paths = new Argument<string[]>("PATH") { Arity = ArgumentArity.ZeroOrMore, Description = "Files and folders with manifests." };
        var podNamespace = new Option<string>("--namespace", "-n") { Description = "Namespace of the pod.", HelpName = "NS", DefaultValueFactory = _ => "default" };
        var links = new Option<bool>("--enable-service-links") { Description = "As PodSpec.enableServiceLinks: false leaves only the API server's variables.", DefaultValueFactory = _ => true };
        var output = OutputOption.Create("plain (KEY=VALUE), shell (export lines) or json.", "plain", "shell", OutputOption.Json);
        var command = new TaughtCommand("env", "Print the environment variables by which a container would find the Services, as kubelet sets them.")
        {
            Examples =
            [
                "edgeproxy env ./manifests --namespace shop",
                "eval \"$(edgeproxy env ./manifests --output shell)\"",
            ],
            ExitCodes = [(0, "printed"), (2, "something could not be read, or wrong usage or settings")],
        };
        command.Arguments.Add(paths);
        command.Options.Add(podNamespace);
        command.Options.Add(links);
        command.Options.Add(output);
        var options = new SettingOptions(command, paths);
        command.SetAction(parsed =>
        {
            var errors = new List<string>();
            if (ManifestReading.Read(options, parsed, ManifestReading.Remembered, "nothing to read: give files or folders", errors) is not { } read)
            {
                errors.ForEach(error => Console.Error.WriteLine($"edgeproxy: {error}"));
                return ExitCodes.CouldNotRead;
            }

            foreach (var problem in read.Result.Problems)
            {
                Console.Error.WriteLine(problem);
            }

            var variables = ServiceEnvironment.Of(read.Result.Served.Services.Values, parsed.GetValue(podNamespace)!, parsed.GetValue(links));
            Console.Out.Write(Format(variables, parsed.GetValue(output)!));
            return read.CouldReadAll ? ExitCodes.Success : ExitCodes.CouldNotRead;
        });
        return command;
    }

    private static string Format(IEnumerable<KeyValuePair<string, string>> variables, string format)
    {
        if (format == "json")
        {
            return new JsonObject(variables.Select(variable => KeyValuePair.Create(variable.Key, (JsonNode?)variable.Value))).ToJsonString(Indented) + "\n";
        }

        var text = new StringBuilder();
        foreach (var (name, value) in variables)
        {
            // A Service's name may begin with a digit, a shell variable's may not.
            if (format == "plain" || !char.IsAsciiDigit(name[0]))
            {
                text.Append(format == "shell" ? $"export {name}='{value}'\n" : $"{name}={value}\n");
            }
        }

        return text.ToString();
    }
}
