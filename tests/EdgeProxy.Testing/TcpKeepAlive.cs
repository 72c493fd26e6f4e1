using System.Globalization;

namespace EdgeProxy.Testing;

/// <summary>What the kernel says of the keep-alive of IPv4 connections of this host, whoever has them.</summary>
public static class TcpKeepAlive
{
    private const string Established = "01"; // net/tcp_states.h
    private const string KeepAliveTimer = "02"; // proc_net_tcp: 00 none, 01 retransmission, 02 keep-alive

    /// <summary>How long the peer may still be silent before it is probed; null when it is not going to be, or while bytes are under way.</summary>
    /// <param name="localPort">The port of the end that probes; null: any.</param>
    /// <param name="remotePort">The port of the end that is probed; null: any.</param>
    public static TimeSpan? TimeLeft(int? localPort, int? remotePort)
    {
        // There may be no line or two: the kernel walks its table while others change it.
        foreach (var line in File.ReadLines("/proc/net/tcp").Skip(1))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var timer = fields[5].Split(':');
            if (fields[3] == Established && timer[0] == KeepAliveTimer
                && PortOf(fields[1]) == (localPort ?? PortOf(fields[1])) && PortOf(fields[2]) == (remotePort ?? PortOf(fields[2])))
            {
                return TimeSpan.FromSeconds(Hexadecimal(timer[1]) / 100.0);
            }
        }

        return null;
    }

    private static int PortOf(string address) => Hexadecimal(address.Split(':')[1]);

    private static int Hexadecimal(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
