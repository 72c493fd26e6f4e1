using System.Buffers.Binary;

namespace EdgeProxy.Dns.Forwarding;

/// <summary>Messages over TCP: two bytes of length before each (RFC 1035 §4.2.2).</summary>
internal static class TcpFraming
{
    private const int PrefixSize = 2;

    /// <summary>A message with its length, so that both leave in one segment (RFC 7766 §8).</summary>
    public static byte[] Frame(ReadOnlySpan<byte> message)
    {
        var framed = new byte[PrefixSize + message.Length];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)message.Length);
        message.CopyTo(framed.AsSpan(PrefixSize));
        return framed;
    }

    /// <summary>Reads the next message; 0 when the other side has no more.</summary>
    /// <exception cref="EndOfStreamException">It ended within a message.</exception>
    public static async ValueTask<int> ReadAsync(Stream stream, Memory<byte> message, CancellationToken cancellationToken)
    {
        var prefix = message[..PrefixSize];
        if (await stream.ReadAtLeastAsync(prefix, PrefixSize, throwOnEndOfStream: false, cancellationToken) < PrefixSize)
        {
            return 0;
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(prefix.Span);
        await stream.ReadExactlyAsync(message[..length], cancellationToken);
        return length;
    }
}
