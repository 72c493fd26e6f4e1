using System.Buffers.Binary;
using System.Text;

namespace EdgeProxy.Http.Tests.Support;

/// <summary>HTTP/2 as frames, for requests that no client library would send: header fields go out as they are given.</summary>
internal sealed class Http2Wire(Stream stream)
{
    private const byte Data = 0;
    private const byte HeadersFrame = 1;
    private const byte ResetStream = 3;
    private const byte Settings = 4;
    private const byte GoAway = 7;
    private const byte EndStream = 1;
    private const byte EndHeaders = 4;
    private const byte Ack = 1;

    /// <summary>Sends preface and settings.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), cancellationToken);
        await SendAsync(Settings, 0, 0, [], cancellationToken);
    }

    /// <summary>Sends one request as stream 1.</summary>
    public async Task RequestAsync(IEnumerable<(string Name, string Value)> headers, string? body, CancellationToken cancellationToken)
    {
        var block = new List<byte>();
        foreach (var (name, value) in headers)
        {
            // RFC 7541 §6.2.2: literal, not indexed, new name; no Huffman coding.
            block.Add(0);
            Add(block, name);
            Add(block, value);
        }

        await SendAsync(HeadersFrame, (byte)(EndHeaders | (body is null ? EndStream : 0)), 1, [.. block], cancellationToken);
        if (body is not null)
        {
            await SendAsync(Data, EndStream, 1, Encoding.Latin1.GetBytes(body), cancellationToken);
        }
    }

    /// <summary>Reads until stream 1 is over: its status, or "reset" when it, or the connection, was ended instead.</summary>
    public async Task<string> ReadEndAsync(CancellationToken cancellationToken)
    {
        var status = "";
        try
        {
            while (true)
            {
                var header = new byte[9];
                await stream.ReadExactlyAsync(header, cancellationToken);
                var payload = new byte[(header[0] << 16) | BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(1))];
                await stream.ReadExactlyAsync(payload, cancellationToken);
                var (type, flags, id) = (header[3], header[4], BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)));
                if (type == Settings && (flags & Ack) == 0)
                {
                    await SendAsync(Settings, Ack, 0, [], cancellationToken);
                }
                else if (type is ResetStream or GoAway)
                {
                    return "reset";
                }
                else if (id == 1 && type == HeadersFrame)
                {
                    status = StatusOf(payload);
                }

                if (id == 1 && type is HeadersFrame or Data && (flags & EndStream) != 0)
                {
                    return status;
                }
            }
        }
        catch (Exception error) when (error is IOException)
        {
            return "reset";
        }
    }

    /// <summary>RFC 7541 appendix A: 200 to 500 have places of their own; any other is a literal with the name at place 8.</summary>
    private static string StatusOf(byte[] block) => block[0] switch
    {
        0x88 => "200",
        0x89 => "204",
        0x8c => "400",
        0x8d => "404",
        0x8e => "500",
        _ => Encoding.ASCII.GetString(block, 2, 3),
    };

    private static void Add(List<byte> block, string text)
    {
        block.Add(text.Length < 127 ? (byte)text.Length : throw new ArgumentException("Longer than one byte says.", nameof(text)));
        block.AddRange(Encoding.Latin1.GetBytes(text));
    }

    private async Task SendAsync(byte type, byte flags, int id, byte[] payload, CancellationToken cancellationToken)
    {
        var frame = new byte[9 + payload.Length];
        frame[0] = (byte)(payload.Length >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), (ushort)payload.Length);
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), id);
        payload.CopyTo(frame, 9);
        await stream.WriteAsync(frame, cancellationToken);
    }
}
