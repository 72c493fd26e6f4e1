using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>A hash that is the same on every machine, in every version and after every restart; <c>string.GetHashCode</c> is none of these.</summary>
public static class StableHash
{
    /// <summary>64 bits of SHA-256 over the text's UTF-8.</summary>
    public static ulong Of(string text)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), digest);
        return BinaryPrimitives.ReadUInt64BigEndian(digest);
    }
}
