using System.CommandLine;
using System.CommandLine.Invocation;
using EdgeProxy.Commands;

var root = new RootCommand("EdgeProxy: the userspace data plane for Kubernetes clusters that have no cloud load balancer.")
{
    RunCommand.Create(),
    DemoCommand.Create(),
    CheckCommand.Create(),
    ExplainCommand.Create(),
    StatusCommand.Create(),
    EnvCommand.Create(),
};

// By default the library ends the process two seconds after SIGTERM; how long a drain may take is ours to say.
var parsed = root.Parse(args);
var exitCode = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

// The library says 1, which is what `check` says about manifests.
return parsed.Action is ParseErrorAction ? ExitCodes.CouldNotRead : exitCode;
