using System.Globalization;
using System.Net;
using EdgeProxy.Compare.Native;

namespace EdgeProxy.Compare.Load;

/// <summary>The sub-command <c>load</c>, of which only this program makes use: written here and read here.</summary>
internal static class LoadCommand
{
    public static string[] Requests(IPEndPoint target, int connections, AfterAnswer then, int hosts = 0, uint firstSource = 0) =>
        ["requests", target.ToString(), Text(connections), then.ToString(), Text(hosts), Text(firstSource)];

    public static string[] Bulk(IPEndPoint target, int streams) => ["bulk", target.ToString(), Text(streams)];

    public static string[] Datagrams(IPEndPoint target, int clients, int inFlight) =>
        ["datagrams", target.ToString(), Text(clients), Text(inFlight)];

    public static string[] OneShotDatagrams(IPEndPoint target, int atOnce, uint firstSource) =>
        ["one-shot", target.ToString(), Text(atOnce), Text(firstSource)];

    public static string[] Handshakes(IPEndPoint target, int threads, string host) => ["handshakes", target.ToString(), Text(threads), host];

    /// <summary>Runs until standard input ends.</summary>
    public static void Run(IReadOnlyList<string> arguments)
    {
        var endpoint = IPEndPoint.Parse(arguments[1]);
        var target = new SockAddrIn(endpoint);
        int Number(int index) => int.Parse(arguments[index], CultureInfo.InvariantCulture);
        SourcePorts? Sources(int index) => uint.Parse(arguments[index], CultureInfo.InvariantCulture) is var first and > 0 ? new SourcePorts(first) : null;
        switch (arguments[0])
        {
            case "requests":
                new RequestLoad(target, Number(2), Enum.Parse<AfterAnswer>(arguments[3]), Number(4), Sources(5)).Run();
                break;
            case "bulk":
                new BulkLoad(target, Number(2)).Run();
                break;
            case "datagrams":
                new DatagramLoad(target, Number(2), Number(3)).Run();
                break;
            case "one-shot":
                new OneShotDatagramLoad(target, Number(2), Sources(3)!).Run();
                break;
            case "handshakes":
                new HandshakeLoad(endpoint, arguments[3], Number(2)).Run();
                break;
            default:
                throw new ArgumentException($"no load generator is called {arguments[0]}", nameof(arguments));
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
