using System.CommandLine;
using System.CommandLine.Invocation;
using EdgeProxy.Commands;

// By default the library ends the process two seconds after SIGTERM; how long a drain may take is ours to say.
var parsed = EdgeProxyCommands.Create().Parse(args);
var exitCode = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

// The library says 1, which is what `check` says about manifests.
return parsed.Action is ParseErrorAction ? ExitCodes.CouldNotRead : exitCode;
