using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>Addresses as numbers, so that ranges can be counted and walked.</summary>
internal static class AddressNumber
{
    public static UInt128 Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        return address.TryWriteBytes(bytes, out var length) && length == 4
            ? BinaryPrimitives.ReadUInt32BigEndian(bytes)
            : BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    public static IPAddress ToAddress(UInt128 number, AddressFamily family)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return new IPAddress(family == AddressFamily.InterNetwork ? bytes[12..] : bytes);
    }
}
