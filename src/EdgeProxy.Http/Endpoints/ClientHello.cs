using System.Buffers.Binary;
using System.Text;

namespace EdgeProxy.Http.Endpoints;

/// <summary>Reads the server name out of the first message of a TLS handshake (RFC 8446 §4.1.2, RFC 6066 §3). Pure.</summary>
internal static class ClientHello
{
    private const int RecordHeader = 5;

    /// <summary>False when more bytes are needed to tell.</summary>
    /// <param name="bytes">Everything so far.</param>
    /// <param name="name">The name as sent; empty when there is none, or when this is no ClientHello.</param>
    public static bool TryReadServerName(ReadOnlySpan<byte> bytes, out string name)
    {
        name = "";
        var message = new byte[bytes.Length];
        if (!TryJoinRecords(bytes, message, out var length))
        {
            return true;
        }

        // msg_type client_hello(1), then a length of 24 bits.
        var hello = message.AsSpan(0, length);
        if (hello.Length < 4)
        {
            return false;
        }

        var end = 4 + (hello[1] << 16) + BinaryPrimitives.ReadUInt16BigEndian(hello[2..]);
        if (hello[0] != 1)
        {
            return true;
        }

        if (hello.Length < end)
        {
            return false;
        }

        name = ServerName(hello[4..end]);
        return true;
    }

    /// <summary>A ClientHello may come in several records. False when this is no handshake.</summary>
    private static bool TryJoinRecords(ReadOnlySpan<byte> bytes, Span<byte> message, out int length)
    {
        length = 0;
        while (bytes.Length > 0)
        {
            // handshake(22), and 3 for every version there is.
            if (bytes[0] != 22 || (bytes.Length > 1 && bytes[1] != 3))
            {
                return length > 0;
            }

            if (bytes.Length < RecordHeader)
            {
                return true;
            }

            var fragment = bytes[RecordHeader..];
            fragment = fragment[..Math.Min(fragment.Length, BinaryPrimitives.ReadUInt16BigEndian(bytes[3..]))];
            fragment.CopyTo(message[length..]);
            length += fragment.Length;
            bytes = bytes[(RecordHeader + fragment.Length)..];
        }

        return true;
    }

    private static string ServerName(ReadOnlySpan<byte> body)
    {
        // legacy_version and random; then session id, cipher suites and compression methods, each with its length before it.
        const int VersionAndRandom = 34;
        const int ServerNameExtension = 0;
        if (body.Length < VersionAndRandom)
        {
            return "";
        }

        var rest = body[VersionAndRandom..];
        if (!TrySkip(ref rest, lengthSize: 1) || !TrySkip(ref rest, lengthSize: 2) || !TrySkip(ref rest, lengthSize: 1) || !TryTake(ref rest, 2, out var extensions))
        {
            return "";
        }

        while (extensions.Length >= 4)
        {
            var type = BinaryPrimitives.ReadUInt16BigEndian(extensions);
            extensions = extensions[2..];
            if (!TryTake(ref extensions, lengthSize: 2, out var data))
            {
                return "";
            }

            if (type == ServerNameExtension)
            {
                // A list of one host_name(0).
                if (!TryTake(ref data, lengthSize: 2, out var list) || list.Length == 0 || list[0] != 0)
                {
                    return "";
                }

                list = list[1..];
                return TryTake(ref list, lengthSize: 2, out var host) ? Encoding.ASCII.GetString(host) : "";
            }
        }

        return "";
    }

    private static bool TrySkip(ref ReadOnlySpan<byte> rest, int lengthSize) => TryTake(ref rest, lengthSize, out _);

    private static bool TryTake(ref ReadOnlySpan<byte> rest, int lengthSize, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        if (rest.Length < lengthSize)
        {
            return false;
        }

        var length = lengthSize == 1 ? rest[0] : BinaryPrimitives.ReadUInt16BigEndian(rest);
        if (rest.Length < lengthSize + length)
        {
            return false;
        }

        taken = rest.Slice(lengthSize, length);
        rest = rest[(lengthSize + length)..];
        return true;
    }
}
