using System.CommandLine;
using EdgeProxy.Commands;

var root = new RootCommand("EdgeProxy: the userspace data plane for Kubernetes clusters that have no cloud load balancer.")
{
    RunCommand.Create(),
    DemoCommand.Create(),
    CheckCommand.Create(),
};

// By default the library ends the process two seconds after SIGTERM; how long a drain may take is ours to say.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
