using System.Globalization;
using System.Text;
using EdgeProxy.Http.FastLane;
using EdgeProxy.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeProxy.Http.Tests.FastLane;

/// <summary>Chunked bodies in any pieces.</summary>
public sealed class ChunkDecoderTests
{
    [Fact]
    public void Any_body_in_any_chunks_comes_out_as_it_was_however_it_is_split()
    {
        Prop.ForAll<byte[][], int>((chunks, split) =>
        {
            var wire = new List<byte>();
            foreach (var chunk in chunks.Where(chunk => chunk.Length > 0))
            {
                wire.AddRange(Encoding.ASCII.GetBytes(chunk.Length.ToString("X4", CultureInfo.InvariantCulture) + (chunk[0] % 2 == 0 ? ";a=\"b\"\r\n" : "\r\n")));
                wire.AddRange(chunk);
                wire.AddRange("\r\n"u8.ToArray());
            }

            var message = wire.Concat("0\r\nX-Trailer: 1\r\n\r\n"u8.ToArray()).ToArray();
            var (body, decoder, taken) = Decode([.. message, (byte)'!'], new Random(split));

            return decoder.IsComplete && taken == message.Length && body.SequenceEqual(chunks.SelectMany(chunk => chunk));
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("zz\r\n")]
    [InlineData("\r\n")]
    [InlineData("-1\r\n")]
    [InlineData("0x5\r\nhello\r\n")]
    [InlineData("5\nhello\n")]
    [InlineData("5\r\nhello\n0\r\n\r\n")]
    [InlineData("5\r\nhello!\r\n0\r\n\r\n")]
    [InlineData("5;a\nb\r\nhello\r\n")]
    [InlineData("FFFFFFFFFFFFFFFFF\r\n")]
    [InlineData("0\r\nTrailer\n\r\n")]
    [InlineData("0\r\n\rX")]
    public void What_is_no_chunk_is_told(string wire)
    {
        var seed = TestSeed.Choose();

        var (_, decoder, _) = Decode(Encoding.Latin1.GetBytes(wire), seed.Generator(0));

        Assert.True(decoder.IsInvalid, seed.Describe(0));
        Assert.False(decoder.IsComplete);
    }

    private static (List<byte> Body, ChunkDecoder Decoder, int Taken) Decode(byte[] bytes, Random random)
    {
        var decoder = default(ChunkDecoder);
        var body = new List<byte>();
        var taken = 0;
        while (taken < bytes.Length && !decoder.IsComplete && !decoder.IsInvalid)
        {
            var piece = bytes.AsSpan(taken, random.Next(1, Math.Min(bytes.Length - taken, 12) + 1)).ToArray();
            taken += decoder.Decode(piece, out var start, out var count);
            body.AddRange(piece.AsSpan(start, count));
        }

        return (body, decoder, taken);
    }
}
