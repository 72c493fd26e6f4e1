using System.CommandLine;

namespace EdgeProxy.Commands;

/// <summary>The command line as a whole.</summary>
internal static class EdgeProxyCommands
{
    /// <summary>Every command, in the order of the help text.</summary>
    public static RootCommand Create()
    {
        var root = new RootCommand("EdgeProxy: the userspace data plane for Kubernetes clusters that have no cloud load balancer.")
        {
            RunCommand.Create(),
            DemoCommand.Create(),
            CheckCommand.Create(),
            ExplainCommand.Create(),
            StatusCommand.Create(),
            TopCommand.Create(),
            EnvCommand.Create(),
            VersionCommand.Create(),
            CompletionCommand.Create(),
        };
        TeachingHelp.Install(root);
        return root;
    }
}
