using System.CommandLine;
using EdgeProxy.Commands;

var root = new RootCommand("EdgeProxy: the userspace data plane for Kubernetes clusters that have no cloud load balancer.")
{
    RunCommand.Create(),
    DemoCommand.Create(),
    CheckCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
