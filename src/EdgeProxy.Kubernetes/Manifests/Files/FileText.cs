using System.Security.Cryptography;
using System.Text;

namespace EdgeProxy.Kubernetes.Manifests.Files;

/// <summary>A file's bytes and their digest, or why they cannot be had.</summary>
internal sealed record FileText(byte[] Bytes, UInt128 Digest, string? Failure)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Nothing at all.</summary>
    public static FileText Empty { get; } = new([], DigestOf([]), null);

    /// <summary>Reads a file of at most <paramref name="largest"/> bytes. Failures are results: one file never stops the others.</summary>
    public static FileText Read(string path, long largest)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            using var content = new MemoryStream();
            var block = new byte[64 * 1024];
            while (stream.Read(block) is > 0 and var count)
            {
                // The length is not asked beforehand: it may grow while it is read, and pipes have none.
                content.Write(block, 0, count);
                if (content.Length > largest)
                {
                    return Failed($"larger than {largest / (1024 * 1024)} MiB");
                }
            }

            var bytes = content.ToArray();
            return new FileText(bytes, DigestOf(bytes), null);
        }
        catch (UnauthorizedAccessException)
        {
            return Failed("cannot be read: permission denied");
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return Failed("cannot be read: it is not there any more, or is a link to nothing");
        }
        catch (IOException exception)
        {
            return Failed($"cannot be read: {exception.Message}");
        }
    }

    /// <summary>The bytes as text: UTF-8, or UTF-16 behind a byte order mark. Null for anything else.</summary>
    public string? Decode()
    {
        try
        {
            return Bytes switch
            {
                [0xFF, 0xFE, ..] => new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true).GetString(Bytes),
                [0xFE, 0xFF, ..] => new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true).GetString(Bytes),
                _ => Strict.GetString(Bytes),
            };
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static FileText Failed(string reason) => new([], 0, reason);

    private static UInt128 DigestOf(byte[] bytes) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(bytes));
}
