using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using EdgeProxy.Model;

namespace EdgeProxy.Dns.Wire;

/// <summary>A response as a client reads it. The pseudo-record OPT is not among the additional ones.</summary>
internal sealed record DnsResponse(DnsHeader Header, ImmutableArray<DnsRecord> Answers, ImmutableArray<DnsRecord> Authorities, ImmutableArray<DnsRecord> Additionals)
{
    private const int RecordHeaderSize = 10;

    /// <summary>Reads a response with one question. False when it is cut off or malformed anywhere.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, [NotNullWhen(true)] out DnsResponse? response)
    {
        response = null;
        if (message.Length < DnsHeader.Size)
        {
            return false;
        }

        var header = DnsHeader.Read(message);
        var offset = DnsQuery.QuestionOffset;
        if (header.Questions != 1 || !DnsName.TryRead(message, ref offset, out _) || message.Length - offset < 4)
        {
            return false;
        }

        offset += 4;
        if (!TryReadSection(message, ref offset, header.Answers, out var answers)
            || !TryReadSection(message, ref offset, header.Authorities, out var authorities)
            || !TryReadSection(message, ref offset, header.Additionals, out var additionals))
        {
            return false;
        }

        response = new DnsResponse(header, answers, authorities, additionals);
        return true;
    }

    private static bool TryReadSection(ReadOnlySpan<byte> message, ref int offset, int count, out ImmutableArray<DnsRecord> records)
    {
        records = [];
        var read = ImmutableArray.CreateBuilder<DnsRecord>();
        for (; count > 0; count--)
        {
            if (!DnsName.TryRead(message, ref offset, out var name) || message.Length - offset < RecordHeaderSize)
            {
                return false;
            }

            var fields = message[offset..];
            var type = (RecordType)BinaryPrimitives.ReadUInt16BigEndian(fields);
            var ttl = BinaryPrimitives.ReadUInt32BigEndian(fields[4..]);
            var start = offset + RecordHeaderSize;
            offset = start + BinaryPrimitives.ReadUInt16BigEndian(fields[8..]);
            if (offset > message.Length)
            {
                return false;
            }

            // Names in the data may point to anywhere before, but must end where the data does.
            if (type != RecordType.OPT)
            {
                if (ReadRecord(message[..offset], start, name, type, ttl) is not { } record)
                {
                    return false;
                }

                read.Add(record);
            }
        }

        records = read.ToImmutable();
        return true;
    }

    private static DnsRecord? ReadRecord(ReadOnlySpan<byte> message, int start, string name, RecordType type, uint ttl)
    {
        var data = message[start..];
        switch (type)
        {
            case RecordType.A:
                return data.Length == 4 ? new AddressRecord(name, ttl, new IpAddr(BinaryPrimitives.ReadUInt32BigEndian(data), IsIPv6: false)) : null;

            case RecordType.AAAA:
                return data.Length == 16 ? new AddressRecord(name, ttl, new IpAddr(BinaryPrimitives.ReadUInt128BigEndian(data), IsIPv6: true)) : null;

            case RecordType.CNAME or RecordType.PTR:
                return DnsName.TryRead(message, ref start, out var target) && start == message.Length ? new NameRecord(name, type, ttl, target) : null;

            case RecordType.SRV when data.Length > 6:
                start += 6;
                return DnsName.TryRead(message, ref start, out var host) && start == message.Length
                    ? new ServiceRecord(
                        name,
                        ttl,
                        BinaryPrimitives.ReadUInt16BigEndian(data),
                        BinaryPrimitives.ReadUInt16BigEndian(data[2..]),
                        BinaryPrimitives.ReadUInt16BigEndian(data[4..]),
                        host)
                    : null;

            case RecordType.TXT when data.Length > 0 && data[0] == data.Length - 1 && Ascii.IsValid(data[1..]):
                return new TextRecord(name, ttl, Encoding.ASCII.GetString(data[1..]));

            case RecordType.SOA:
                return DnsName.TryRead(message, ref start, out var server) && DnsName.TryRead(message, ref start, out var mailbox) && message.Length - start == 20
                    ? new AuthorityRecord(name, ttl, server, mailbox, BinaryPrimitives.ReadUInt32BigEndian(message[start..]))
                    : null;

            case RecordType.SRV:
                return null;

            default:
                return new OpaqueRecord(name, type, ttl, data.ToArray());
        }
    }
}
