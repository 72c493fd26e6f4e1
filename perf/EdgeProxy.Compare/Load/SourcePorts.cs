using EdgeProxy.Compare.Native;

namespace EdgeProxy.Compare.Load;

/// <summary>
/// A source address and port that no connection of this run had before, so that neither TIME_WAIT nor a proxy's memory of an earlier flow
/// gets in the way. The client namespace owns a whole range of addresses for this.
/// </summary>
internal sealed class SourcePorts(uint firstAddress)
{
    private const int FirstPort = 2048;
    private const int PortsPerAddress = 60_000;

    private uint _taken;

    public SockAddrIn Next()
    {
        var taken = _taken++;
        return new SockAddrIn(firstAddress + (taken / PortsPerAddress), FirstPort + (int)(taken % PortsPerAddress));
    }
}
