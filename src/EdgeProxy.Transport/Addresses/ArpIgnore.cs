namespace EdgeProxy.Transport.Addresses;

/// <summary>net.ipv4.conf.*.arp_ignore (ip-sysctl.txt): which ARP requests the kernel answers.</summary>
public static class ArpIgnore
{
    /// <summary>
    /// True when requests that come in on this interface are answered for addresses of any interface: the larger of the interface's value
    /// and that for all is 0.
    /// </summary>
    public static bool IsOff(string networkInterface) =>
        InterfaceSetting.Read("all", "arp_ignore") == 0 && InterfaceSetting.Read(networkInterface, "arp_ignore") == 0;
}
