using System.CommandLine;
using EdgeProxy.Compare;
using EdgeProxy.Compare.Backend;
using EdgeProxy.Compare.Lab;
using EdgeProxy.Compare.Load;

// The program starts itself for the two other roles; both end with their standard input.
switch (args)
{
    case ["load", .. var rest]:
        LoadCommand.Run(rest);
        return 0;
    case ["backend"]:
        new BackendLoop(TestBed.BackendAddressList).Run();
        return 0;
    default:
        // Signals are handled where there is something to clean up; the library's own time limit would cut that short.
        return await CompareOptions.Command(Comparison.RunAsync).Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
}
