using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using EdgeProxy.Model;

namespace EdgeProxy.Dns.Wire;

/// <summary>
/// Writes one response, record by record, with names compressed (RFC 1035 §4.1.4). A record that does not fit is not begun: what was written
/// before it stays sound. Borrows the buffer.
/// </summary>
internal ref struct ResponseWriter
{
    private const int OptSize = 11;
    private const int MaxPointer = 0x3FFF;

    // RFC 9715: what fits here is not fragmented on any sane path; also what we say we take.
    private const ushort OwnPayloadSize = 1232;

    private readonly Span<byte> _message;
    private readonly Edns? _edns;
    private readonly int _limit;
    private DnsHeader _header;
    private Offsets _labels;
    private int _labelCount;
    private int _position;
    private bool _full;

    /// <summary>Begins the response to a query.</summary>
    /// <param name="message">Where it goes.</param>
    /// <param name="query">What was asked; the question is repeated as it came.</param>
    /// <param name="limit">Most bytes of the response.</param>
    public ResponseWriter(Span<byte> message, DnsQuery query, int limit)
    {
        _message = message;
        _edns = query.Edns;
        _limit = Math.Min(limit, message.Length) - (query.Edns is null ? 0 : OptSize);
        _header = new DnsHeader(query.Header.Id, FlagsOf(query.Header), Questions: 1, 0, 0, 0);
        _position = DnsHeader.Size;
        WriteName(query.Name);
        WriteUInt16((ushort)query.Type);
        WriteUInt16(query.Class);
    }

    /// <summary>True when an answer did not fit.</summary>
    public readonly bool IsTruncated => (_header.Flags & DnsHeader.TruncatedFlag) != 0;

    /// <summary>Adds flags to the header.</summary>
    public void SetFlags(int flags) => _header = _header with { Flags = (ushort)(_header.Flags | flags) };

    /// <summary>The most a client takes by UDP: what it says, but at least 512 (RFC 6891 §6.2.3) and at most 1232 bytes (RFC 9715).</summary>
    public static int UdpLimit(Edns? edns) => Math.Clamp((int)(edns?.PayloadSize ?? 512), 512, OwnPayloadSize);

    /// <summary>The response to a message that cannot be read: its id and nothing else.</summary>
    public static int WriteHeaderOnly(Span<byte> message, DnsHeader query, ResponseCode code)
    {
        new DnsHeader(query.Id, (ushort)(FlagsOf(query) | (int)code), 0, 0, 0, 0).Write(message);
        return DnsHeader.Size;
    }

    /// <summary>Adds an answer. One that does not fit makes the response a truncated one; the client asks again by TCP.</summary>
    public bool TryAddAnswer(DnsRecord record)
    {
        if (!TryWrite(record))
        {
            SetFlags(DnsHeader.TruncatedFlag);
            return false;
        }

        _header = _header with { Answers = (ushort)(_header.Answers + 1) };
        return true;
    }

    /// <summary>Adds the SOA of a negative answer.</summary>
    public void AddAuthority(DnsRecord record)
    {
        if (TryWrite(record))
        {
            _header = _header with { Authorities = (ushort)(_header.Authorities + 1) };
        }
    }

    /// <summary>Adds what the client would ask next. Leaving it out is no truncation (RFC 2181 §9).</summary>
    public bool TryAddAdditional(DnsRecord record)
    {
        var written = TryWrite(record);
        _header = _header with { Additionals = (ushort)(_header.Additionals + (written ? 1 : 0)) };
        return written;
    }

    /// <summary>Ends the response; returns its length.</summary>
    public int Finish(ResponseCode code)
    {
        if (_edns is { } edns)
        {
            WriteOpt(edns, code);
        }

        SetFlags((int)code & 0xF);
        _header.Write(_message);
        return _position;
    }

    /// <summary>Opcode, RD and CD are repeated.</summary>
    private static ushort FlagsOf(DnsHeader query) => (ushort)(DnsHeader.ResponseFlag
        | (query.Opcode << 11)
        | (query.Flags & (DnsHeader.RecursionDesiredFlag | DnsHeader.CheckingDisabledFlag)));

    private void WriteOpt(Edns edns, ResponseCode code)
    {
        // Room was left for it.
        var opt = _message.Slice(_position, OptSize);
        opt.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(opt[1..], (ushort)RecordType.OPT);
        BinaryPrimitives.WriteUInt16BigEndian(opt[3..], OwnPayloadSize);
        opt[5] = (byte)((int)code >> 4);
        opt[7] = edns.DnssecOk ? (byte)0x80 : (byte)0;
        _position += OptSize;
        _header = _header with { Additionals = (ushort)(_header.Additionals + 1) };
    }

    private bool TryWrite(DnsRecord record)
    {
        var (start, labels) = (_position, _labelCount);
        _full = false;
        WriteName(record.Name);
        WriteUInt16((ushort)record.Type);
        WriteUInt16(DnsQuery.InternetClass);
        WriteUInt32(record.Ttl);
        var length = _position;
        WriteUInt16(0);
        WriteData(record);
        if (_full)
        {
            (_position, _labelCount) = (start, labels);
            return false;
        }

        BinaryPrimitives.WriteUInt16BigEndian(_message[length..], (ushort)(_position - length - 2));
        return true;
    }

    private void WriteData(DnsRecord record)
    {
        switch (record)
        {
            case AddressRecord { Address: var address }:
                WriteAddress(address);
                break;

            case NameRecord { Target: var target }:
                WriteName(target);
                break;

            case ServiceRecord service:
                WriteUInt16(service.Priority);
                WriteUInt16(service.Weight);
                WriteUInt16(service.Port);

                // RFC 2782 forbids a compressed target.
                WriteName(service.Target, compress: false);
                break;

            case TextRecord { Text: var text }:
                WriteByte((byte)text.Length);
                Encoding.ASCII.GetBytes(text, Reserve(text.Length));
                break;

            case AuthorityRecord authority:
                WriteName(authority.Server);
                WriteName(authority.Mailbox);
                WriteUInt32(authority.Serial);
                foreach (var seconds in AuthorityRecord.Times)
                {
                    WriteUInt32(seconds);
                }

                WriteUInt32(authority.Ttl);
                break;

            case OpaqueRecord { Data: var data }:
                data.Span.CopyTo(Reserve(data.Length));
                break;

            default:
                throw new ArgumentOutOfRangeException(nameof(record), record.Type, "not a record that can be written");
        }
    }

    private void WriteAddress(IpAddr address)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, address.Bits);
        var used = address.IsIPv6 ? bytes : bytes[12..];
        used.CopyTo(Reserve(used.Length));
    }

    private void WriteName(string name, bool compress = true)
    {
        Span<byte> wire = stackalloc byte[DnsName.MaxWireLength + 1];
        if (!DnsName.TryEncode(name, wire, out var length))
        {
            throw new FormatException($"'{name}' is not a domain name.");
        }

        var (start, at, known) = (_position, 0, -1);
        while (wire[at] != 0 && (known = compress ? Find(wire[at..length]) : -1) < 0)
        {
            at += wire[at] + 1;
        }

        wire[..at].CopyTo(Reserve(at));
        if (known >= 0)
        {
            WriteUInt16((ushort)(0xC000 | known));
        }
        else
        {
            WriteByte(0);
        }

        // Only now: a name must not point into itself.
        for (var label = 0; label < at && !_full; label += wire[label] + 1)
        {
            Remember(start + label);
        }
    }

    /// <summary>Where the same labels, to the root, stand already; -1 when nowhere. Case counts, so that every name keeps its own.</summary>
    private readonly int Find(ReadOnlySpan<byte> labels)
    {
        for (var i = 0; i < _labelCount; i++)
        {
            if (Matches(_labels[i], labels))
            {
                return _labels[i];
            }
        }

        return -1;
    }

    private readonly bool Matches(int at, ReadOnlySpan<byte> labels)
    {
        while (true)
        {
            if ((_message[at] & 0xC0) == 0xC0)
            {
                at = BinaryPrimitives.ReadUInt16BigEndian(_message[at..]) & MaxPointer;
            }

            var size = _message[at] + 1;
            if (labels.Length < size || !_message.Slice(at, size).SequenceEqual(labels[..size]))
            {
                return false;
            }

            if (size == 1)
            {
                return true;
            }

            at += size;
            labels = labels[size..];
        }
    }

    private void Remember(int offset)
    {
        if (offset <= MaxPointer && _labelCount < Offsets.Length)
        {
            _labels[_labelCount++] = (ushort)offset;
        }
    }

    private void WriteByte(byte value) => Reserve(1)[0] = value;

    private void WriteUInt16(ushort value) => BinaryPrimitives.TryWriteUInt16BigEndian(Reserve(2), value);

    private void WriteUInt32(uint value) => BinaryPrimitives.TryWriteUInt32BigEndian(Reserve(4), value);

    /// <summary>The next bytes; when they do not fit, others that nobody reads: the record is taken back.</summary>
    private Span<byte> Reserve(int size)
    {
        if (_full || _position + size > _limit)
        {
            _full = true;
            return new byte[size];
        }

        var reserved = _message.Slice(_position, size);
        _position += size;
        return reserved;
    }

    /// <summary>Where labels begin that later names may point to.</summary>
    [InlineArray(Length)]
    private struct Offsets
    {
        public const int Length = 48;

        private ushort _first;
    }
}
