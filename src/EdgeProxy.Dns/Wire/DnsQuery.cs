using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace EdgeProxy.Dns.Wire;

/// <summary>One question as a client sent it.</summary>
/// <param name="Header">Its header.</param>
/// <param name="Name">The name, in the client's own case.</param>
/// <param name="Type">What is asked of the name.</param>
/// <param name="Class">1 is IN.</param>
/// <param name="Edns">What the client says of itself; null when it does not speak EDNS.</param>
internal sealed record DnsQuery(DnsHeader Header, string Name, RecordType Type, ushort Class, Edns? Edns)
{
    /// <summary>The Internet.</summary>
    public const ushort InternetClass = 1;

    private const int RecordHeaderSize = 10;

    /// <summary>Where the bytes of the question begin.</summary>
    public const int QuestionOffset = DnsHeader.Size;

    /// <summary>Reads a query. False when it cannot be read: without exactly one question, cut off, or with two OPT records.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, [NotNullWhen(true)] out DnsQuery? query)
    {
        query = null;
        if (message.Length < DnsHeader.Size)
        {
            return false;
        }

        var header = DnsHeader.Read(message);
        var offset = QuestionOffset;
        if (header.Questions != 1 || !DnsName.TryRead(message, ref offset, out var name) || message.Length - offset < 4)
        {
            return false;
        }

        var type = (RecordType)BinaryPrimitives.ReadUInt16BigEndian(message[offset..]);
        var questionClass = BinaryPrimitives.ReadUInt16BigEndian(message[(offset + 2)..]);
        offset += 4;
        if (!TryReadEdns(message, offset, header.Answers + header.Authorities + header.Additionals, out var edns))
        {
            return false;
        }

        query = new DnsQuery(header, name, type, questionClass, edns);
        return true;
    }

    /// <summary>Looks through the records behind the question for OPT; the others mean nothing in a query.</summary>
    private static bool TryReadEdns(ReadOnlySpan<byte> message, int offset, int records, out Edns? edns)
    {
        edns = null;
        for (; records > 0; records--)
        {
            if (!DnsName.TryRead(message, ref offset, out var owner) || message.Length - offset < RecordHeaderSize)
            {
                return false;
            }

            var fields = message[offset..];
            offset += RecordHeaderSize + BinaryPrimitives.ReadUInt16BigEndian(fields[8..]);
            if (offset > message.Length)
            {
                return false;
            }

            if ((RecordType)BinaryPrimitives.ReadUInt16BigEndian(fields) != RecordType.OPT)
            {
                continue;
            }

            if (edns is not null || owner.Length != 0)
            {
                return false;
            }

            edns = new Edns(BinaryPrimitives.ReadUInt16BigEndian(fields[2..]), fields[5], (fields[6] & 0x80) != 0);
        }

        return true;
    }
}

/// <summary>What an OPT record says (RFC 6891 §6.1).</summary>
/// <param name="PayloadSize">The largest UDP response its sender takes, in bytes; below 512 means 512.</param>
/// <param name="Version">0 is the only one there is.</param>
/// <param name="DnssecOk">DO: signatures are understood (RFC 3225); copied into the response.</param>
internal readonly record struct Edns(ushort PayloadSize, byte Version, bool DnssecOk);
