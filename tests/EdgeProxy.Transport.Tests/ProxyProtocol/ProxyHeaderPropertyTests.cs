using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using EdgeProxy.Transport.ProxyProtocol;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeProxy.Transport.Tests.ProxyProtocol;

/// <summary>The parser against everything there can be on a wire, and against the writer.</summary>
public sealed class ProxyHeaderPropertyTests
{
    private static readonly Gen<IpEndpoint> Endpoint =
        from high in Gen.Choose(int.MinValue, int.MaxValue)
        from low in Gen.Choose(int.MinValue, int.MaxValue)
        from port in Gen.Choose(0, ushort.MaxValue)
        from isIPv6 in Gen.Elements(true, false)
        select new IpEndpoint(isIPv6 ? ((UInt128)(uint)high << 96) | (uint)low : (uint)low, (ushort)port, isIPv6);

    private static readonly Gen<byte[]> Noise = from bytes in Gen.Choose(0, 255).Select(value => (byte)value).ListOf() select bytes.ToArray();

    private static readonly Gen<byte[]> Written =
        from source in Endpoint
        from destination in Endpoint
        from isV1 in Gen.Elements(true, false)
        select Write(isV1, source, destination);

    /// <summary>Good headers, the same with a byte changed, with noise behind, and noise alone.</summary>
    private static readonly Gen<byte[]> Wire =
        from written in Written
        from noise in Noise
        from kind in Gen.Choose(0, 3)
        from place in Gen.Choose(0, written.Length - 1)
        from value in Gen.Choose(0, 255)
        select kind switch
        {
            0 => [.. written, .. noise],
            1 => [.. written[..place], (byte)value, .. written[(place + 1)..], .. noise],
            2 => [.. written[..place], .. noise],
            _ => noise,
        };

    [Fact]
    public void What_was_written_is_read_again() => Check(
        from source in Endpoint from destination in Endpoint from isV1 in Gen.Elements(true, false) select (source, destination, isV1),
        given =>
        {
            var bytes = Write(given.isV1, given.source, given.destination);

            Assert.Equal(ProxyHeader.Parsed(bytes.Length, new AnnouncedAddresses(given.source, given.destination)), ProxyHeader.Parse(bytes));
        });

    [Fact]
    public void However_the_bytes_are_split_the_answer_is_the_same() => Check(Wire, bytes =>
    {
        var whole = ProxyHeader.Parse(bytes);
        var soFar = Enumerable.Range(0, bytes.Length + 1).Select(length => ProxyHeader.Parse(bytes.AsSpan(0, length)));

        var first = soFar.FirstOrDefault(header => header.Status != ProxyHeaderStatus.NeedMore);

        Assert.Equal(whole, first);
    });

    [Fact]
    public void No_bytes_make_it_throw_or_read_beyond_them() => Check(Wire, bytes =>
    {
        var header = ProxyHeader.Parse(bytes);

        Assert.InRange(header.Length, 0, Math.Min(bytes.Length, ProxyHeader.MaxLength));
        Assert.Equal(header.Status == ProxyHeaderStatus.Parsed, header.Length > 0);
        Assert.Equal(header.Status == ProxyHeaderStatus.Invalid, header.Reason is not null);
    });

    [Fact]
    public void A_checksum_holds_and_stops_holding_when_any_bit_of_the_block_turns() => Check(
        from source in Endpoint from noise in Noise from bit in Gen.Choose(0, 8 * 12) select (source, noise, bit),
        given =>
        {
            byte[] plain = [.. Write(isV1: false, given.source, given.source), 0x03, 0, 4, 0, 0, 0, 0, 0x04, 0, (byte)given.noise.Length, .. given.noise];
            BinaryPrimitives.WriteUInt16BigEndian(plain.AsSpan(14), (ushort)(plain.Length - 16));
            var field = plain.AsSpan(plain.Length - given.noise.Length - 7, 4);
            BinaryPrimitives.WriteUInt32BigEndian(field, Crc32c(plain));
            Assert.Equal(ProxyHeaderStatus.Parsed, ProxyHeader.Parse(plain).Status);

            plain[16 + (given.bit % 96 / 8)] ^= (byte)(1 << (given.bit % 8));
            Assert.Equal("the checksum is wrong", ProxyHeader.Parse(plain).Reason);
        });

    private static uint Crc32c(byte[] bytes) => ~bytes.Aggregate(uint.MaxValue, BitOperations.Crc32C);

    private static byte[] Write(bool isV1, IpEndpoint source, IpEndpoint destination)
    {
        var buffer = new byte[ProxyHeaderWriter.MaxLength];
        var length = isV1 ? ProxyHeaderWriter.WriteV1(buffer, source, destination) : ProxyHeaderWriter.WriteV2(buffer, source, destination);
        return buffer[..length];
    }

    private static void Check<T>(Gen<T> values, Action<T> holds) =>
        Prop.ForAll(Arb.From(values), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));
}
