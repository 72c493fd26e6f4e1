using System.Globalization;
using EdgeProxy.Dns.Tests.Support;
using EdgeProxy.Dns.Wire;
using EdgeProxy.Model;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeProxy.Dns.Tests.Wire;

/// <summary>The codec against everything there can be on a wire.</summary>
public sealed class WirePropertyTests
{
    private static readonly Gen<string> Label =
        from bytes in Gen.Choose(0, 255).Select(value => (byte)value).NonEmptyListOf()
        select string.Concat(bytes.Take(20).Select(Text));

    private static readonly Gen<string> Name = from labels in Label.ListOf() select string.Join('.', labels.Take(6));

    private static readonly Gen<IpAddr> Ip = from high in Gen.Choose(0, int.MaxValue)
                                             from low in Gen.Choose(0, int.MaxValue)
                                             from ipv6 in Gen.Elements(true, false)
                                             select ipv6 ? new IpAddr(((UInt128)(uint)high << 96) | (uint)low, IsIPv6: true) : new IpAddr((uint)low, IsIPv6: false);

    private static readonly Gen<DnsRecord> Record =
        from name in Name
        from target in Name
        from address in Ip
        from number in Gen.Choose(0, ushort.MaxValue)
        from kind in Gen.Choose(0, 5)
        select kind switch
        {
            0 => new AddressRecord(name, (uint)number, address),
            1 => new NameRecord(name, RecordType.CNAME, 5, target),
            2 => new NameRecord(name, RecordType.PTR, 5, target),
            3 => new ServiceRecord(name, 5, (ushort)(number / 3), (ushort)(number / 7), (ushort)number, target),
            4 => new TextRecord(name, 5, number.ToString(CultureInfo.InvariantCulture)),
            _ => (DnsRecord)new AuthorityRecord(name, 5, target, name, (uint)number),
        };

    [Fact]
    public void Names_come_back_as_they_were_written() => Check(Name, name =>
    {
        var wire = new byte[DnsName.MaxWireLength + 1];
        Assert.True(DnsName.TryEncode(name, wire, out var length));
        var offset = 0;

        Assert.True(DnsName.TryRead(wire, ref offset, out var read));
        Assert.Equal(name, read);
        Assert.Equal(length, offset);
    });

    [Fact]
    public void Records_come_back_as_they_were_written_compressed_or_not() => Check(Record.ListOf(), records =>
    {
        var buffer = new byte[ushort.MaxValue];
        Array.Fill(buffer, (byte)0xC0);
        var writer = new ResponseWriter(buffer, Query("Question.Example", payloadSize: 1232), buffer.Length);
        foreach (var record in records)
        {
            Assert.True(writer.TryAddAnswer(record));
        }

        Assert.True(DnsResponse.TryRead(buffer.AsSpan(0, writer.Finish(ResponseCode.NoError)), out var response));
        Assert.Equal(records, response.Answers);
    });

    [Fact]
    public void A_response_never_exceeds_its_limit_and_holds_the_first_records_whole() =>
        Check(from records in Record.NonEmptyListOf() from limit in Gen.Choose(64, 1232) select (records, limit), both =>
        {
            var buffer = new byte[ushort.MaxValue];
            var writer = new ResponseWriter(buffer, Query("q.example", payloadSize: 4096), both.limit);
            var fitted = 0;
            while (fitted < both.records.Count && writer.TryAddAnswer(both.records[fitted]))
            {
                fitted++;
            }

            var length = writer.Finish(ResponseCode.NoError);

            Assert.InRange(length, DnsHeader.Size, both.limit);
            Assert.True(DnsResponse.TryRead(buffer.AsSpan(0, length), out var response));
            Assert.Equal(both.records.Take(fitted), response.Answers);
            Assert.Equal(fitted < both.records.Count, (response.Header.Flags & DnsHeader.TruncatedFlag) != 0);
        });

    [Fact]
    public void Random_bytes_are_read_or_refused_but_never_throw() => Check(ArbMap.Default.GeneratorFor<byte[]>(), bytes =>
    {
        // As they are, and behind a header that promises a question and records.
        _ = DnsQuery.TryRead(bytes, out _);
        _ = DnsResponse.TryRead(bytes, out _);
        var message = new byte[DnsHeader.Size + bytes.Length];
        new DnsHeader(1, 0, 1, 1, 1, 2).Write(message);
        bytes.CopyTo(message, DnsHeader.Size);
        _ = DnsQuery.TryRead(message, out _);
        _ = DnsResponse.TryRead(message, out _);
    });

    [Fact]
    public void A_response_cut_or_changed_anywhere_never_throws() =>
        Check(from records in Record.ListOf() from at in Gen.Choose(0, 4096) from value in Gen.Choose(0, 255) select (records, at, value), mutation =>
        {
            var buffer = new byte[ushort.MaxValue];
            var writer = new ResponseWriter(buffer, Query("Question.Example", payloadSize: 1232), buffer.Length);
            foreach (var record in mutation.records)
            {
                writer.TryAddAnswer(record);
            }

            var message = buffer[..writer.Finish(ResponseCode.NoError)];
            _ = DnsResponse.TryRead(message.AsSpan(0, mutation.at % message.Length), out _);
            message[mutation.at % message.Length] = (byte)mutation.value;
            _ = DnsResponse.TryRead(message, out _);
            _ = DnsQuery.TryRead(message, out _);
        });

    [Theory]
    [InlineData("C000")]
    [InlineData("016100C0FF", 3)]
    [InlineData("0161C000", 0)]
    [InlineData("C002C000", 2)]
    [InlineData("80")]
    [InlineData("05616263")]
    [InlineData("C0")]
    [InlineData("")]
    public void A_name_that_loops_points_ahead_or_is_cut_off_is_refused(string hex, int offset = 0) =>
        Assert.False(DnsName.TryRead(Convert.FromHexString(hex), ref offset, out _));

    [Fact]
    public void A_name_longer_than_255_bytes_is_refused()
    {
        var label = new string('a', 63);
        var longest = $"{label}.{label}.{label}.{new string('a', 61)}";

        Assert.True(DnsName.IsValid(longest));
        Assert.False(DnsName.IsValid(longest + "a"));
        Assert.False(DnsName.IsValid(label + "a"));
        Assert.False(DnsName.IsValid("a..b"));
        Assert.False(DnsName.IsValid("a."));
    }

    [Fact]
    public void Two_OPT_records_are_refused()
    {
        var query = DnsClient.Query("a.example", RecordType.A, payloadSize: 1232);
        byte[] twice = [.. query, .. query.AsSpan(query.Length - 11)];
        twice[11] = 2;

        Assert.True(DnsQuery.TryRead(query, out var one));
        Assert.Equal(1232, one.Edns!.Value.PayloadSize);
        Assert.False(DnsQuery.TryRead(twice, out _));
    }

    private static DnsQuery Query(string name, int payloadSize)
    {
        Assert.True(DnsQuery.TryRead(DnsClient.Query(name, RecordType.A, payloadSize), out var query));
        return query;
    }

    private static string Text(byte octet) => octet is > 32 and < 127 and not (byte)'.' and not (byte)'\\'
        ? ((char)octet).ToString()
        : string.Create(CultureInfo.InvariantCulture, $"\\{octet:D3}");

    private static void Check<T>(Gen<T> generator, Action<T> property) =>
        FsCheck.Fluent.Prop.ForAll(Arb.From(generator), property).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
}
