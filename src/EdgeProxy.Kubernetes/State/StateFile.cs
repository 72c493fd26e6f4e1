using System.Buffers;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.State;

/// <summary>
/// The objects of one kind on disk: compressed lines of JSON, to be looked at with <c>zcat</c>. A line that says what it is, a line an object, and
/// a line with their number and checksum.
/// </summary>
internal static class StateFile
{
    /// <summary>Changes whenever an older or newer program would read something else into the lines.</summary>
    public const int Version = 1;

    private const int ChunkBytes = 128 * 1024;

    // As the API's, without what is absent.
    private static readonly JsonSerializerOptions Compact = new(ResourceJson.Default.Options) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Writes objects. <paramref name="pause"/> is awaited now and then, so that a large file does not take a processor to itself.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be written.</exception>
    public static async Task WriteAsync<T>(string path, StateFileHead head, IEnumerable<T> objects, Func<Task> pause)
        where T : KubernetesObject
    {
        var type = TypeOf<T>();
        using var file = AtomicFile.Create(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using (var packed = new GZipStream(file.Stream, CompressionLevel.Fastest, leaveOpen: true))
        {
            var chunk = new ArrayBufferWriter<byte>(ChunkBytes * 2);
            await using var json = new Utf8JsonWriter(chunk);
            WriteLine(chunk, json, head, StateFileJson.Default.StateFileHead);
            var count = 0;
            foreach (var item in objects)
            {
                WriteLine(chunk, json, item, type);
                count++;
                if (chunk.WrittenCount >= ChunkBytes)
                {
                    Pack(chunk, packed, hash);
                    await pause();
                }
            }

            Pack(chunk, packed, hash);
            var end = new StateFileEnd(count, Convert.ToHexStringLower(hash.GetCurrentHash()));
            WriteLine(chunk, json, end, StateFileJson.Default.StateFileEnd);
            Pack(chunk, packed, hash);
        }

        file.Commit();
    }

    /// <summary>Reads objects.</summary>
    /// <exception cref="InvalidDataException">It is not such a file, not whole, of another version, or of another cluster; the message says which.</exception>
    /// <exception cref="IOException">It cannot be read, or is not there.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read.</exception>
    public static (StateFileHead Head, List<T> Objects) Read<T>(string path, string kind, string source)
        where T : KubernetesObject
    {
        var type = TypeOf<T>();
        var bytes = Unpack(path);
        var endsAt = bytes[..^1].LastIndexOf((byte)'\n') + 1;
        var end = ReadLine(bytes[endsAt..], StateFileJson.Default.StateFileEnd);
        var rest = bytes[..endsAt];
        if (end?.Sha256 is null || end.Sha256 != Convert.ToHexStringLower(SHA256.HashData(rest)))
        {
            throw Damaged();
        }

        var head = ReadLine(NextLine(ref rest), StateFileJson.Default.StateFileHead);
        if (head?.Version != Version)
        {
            throw new InvalidDataException($"it has version {head?.Version ?? 0}, expected {Version}");
        }

        if (head.Kind != kind || head.Source != source)
        {
            throw new InvalidDataException($"it has objects of kind {head.Kind} from {head.Source}");
        }

        var objects = new List<T>(end.Objects);
        while (!rest.IsEmpty)
        {
            objects.Add(ReadLine(NextLine(ref rest), type) ?? throw new InvalidDataException("an object is missing"));
        }

        return (head, objects);
    }

    private static JsonTypeInfo<T> TypeOf<T>() => (JsonTypeInfo<T>)Compact.GetTypeInfo(typeof(T));

    private static void WriteLine<T>(ArrayBufferWriter<byte> chunk, Utf8JsonWriter json, T value, JsonTypeInfo<T> type)
    {
        JsonSerializer.Serialize(json, value, type);
        json.Flush();
        json.Reset();
        chunk.Write("\n"u8);
    }

    private static void Pack(ArrayBufferWriter<byte> chunk, GZipStream packed, IncrementalHash hash)
    {
        hash.AppendData(chunk.WrittenSpan);
        packed.Write(chunk.WrittenSpan);
        chunk.ResetWrittenCount();
    }

    private static ReadOnlySpan<byte> Unpack(string path)
    {
        using var file = File.OpenRead(path);
        using var packed = new GZipStream(file, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        try
        {
            packed.CopyTo(bytes);
        }
        catch (InvalidDataException error)
        {
            throw Damaged(error);
        }

        return bytes.Length > 0 ? bytes.GetBuffer().AsSpan(0, (int)bytes.Length) : throw new InvalidDataException("it is empty");
    }

    private static ReadOnlySpan<byte> NextLine(ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf((byte)'\n');
        var line = rest[..end];
        rest = rest[(end + 1)..];
        return line;
    }

    private static T? ReadLine<T>(ReadOnlySpan<byte> line, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(line, type);
        }
        catch (JsonException error)
        {
            throw Damaged(error);
        }
    }

    private static InvalidDataException Damaged(Exception? cause = null) => new("it is damaged or cut off", cause);
}
