using System.Buffers.Binary;

namespace EdgeProxy.Dns.Wire;

/// <summary>The twelve bytes every message begins with (RFC 1035 §4.1.1).</summary>
internal readonly record struct DnsHeader(ushort Id, ushort Flags, ushort Questions, ushort Answers, ushort Authorities, ushort Additionals)
{
    /// <summary>Its size in bytes.</summary>
    public const int Size = 12;

    /// <summary>QR: a response.</summary>
    public const ushort ResponseFlag = 0x8000;

    /// <summary>AA: the answer of who is responsible for the name.</summary>
    public const ushort AuthoritativeFlag = 0x0400;

    /// <summary>TC: more would not fit.</summary>
    public const ushort TruncatedFlag = 0x0200;

    /// <summary>RD: other servers may be asked.</summary>
    public const ushort RecursionDesiredFlag = 0x0100;

    /// <summary>RA: other servers are asked when wished.</summary>
    public const ushort RecursionAvailableFlag = 0x0080;

    /// <summary>CD: unverified data is fine (RFC 4035); copied like RD.</summary>
    public const ushort CheckingDisabledFlag = 0x0010;

    /// <summary>What is asked for; 0 is a query.</summary>
    public int Opcode => (Flags >> 11) & 0xF;

    /// <summary>The low four bits of the response code.</summary>
    public ResponseCode Code => (ResponseCode)(Flags & 0xF);

    /// <summary>Reads it; the message has at least <see cref="Size"/> bytes.</summary>
    public static DnsHeader Read(ReadOnlySpan<byte> message) => new(
        BinaryPrimitives.ReadUInt16BigEndian(message),
        BinaryPrimitives.ReadUInt16BigEndian(message[2..]),
        BinaryPrimitives.ReadUInt16BigEndian(message[4..]),
        BinaryPrimitives.ReadUInt16BigEndian(message[6..]),
        BinaryPrimitives.ReadUInt16BigEndian(message[8..]),
        BinaryPrimitives.ReadUInt16BigEndian(message[10..]));

    /// <summary>Writes it.</summary>
    public void Write(Span<byte> message)
    {
        BinaryPrimitives.WriteUInt16BigEndian(message, Id);
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], Flags);
        BinaryPrimitives.WriteUInt16BigEndian(message[4..], Questions);
        BinaryPrimitives.WriteUInt16BigEndian(message[6..], Answers);
        BinaryPrimitives.WriteUInt16BigEndian(message[8..], Authorities);
        BinaryPrimitives.WriteUInt16BigEndian(message[10..], Additionals);
    }
}
