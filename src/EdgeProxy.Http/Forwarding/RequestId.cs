using System.Text;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http.Forwarding;

/// <summary>X-Request-ID: the client's where it is sane (1 to 128 visible ASCII characters), else 32 hexadecimal digits of chance, or none.</summary>
internal static class RequestId
{
    public const string Header = "X-Request-ID";

    /// <summary>Most characters of an id.</summary>
    public const int MaxLength = 128;

    /// <summary>Characters of one of ours.</summary>
    public const int NewLength = 32;

    /// <summary>The id of a request; empty when it has none and none is <paramref name="generated"/>.</summary>
    public static string Of(HttpRequest request, bool generated)
    {
        var id = request.Headers[Header];
        if (id.Count == 1 && id[0] is { Length: > 0 and <= MaxLength } given && !given.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return given;
        }

        return generated ? New() : "";
    }

    /// <summary>Writes a new one.</summary>
    /// <param name="to"><see cref="NewLength"/> bytes.</param>
    public static void WriteNew(Span<byte> to)
    {
        Span<byte> bytes = stackalloc byte[NewLength / 2];
        Random.Shared.NextBytes(bytes);
        Convert.TryToHexStringLower(bytes, to, out _);
    }

    private static string New()
    {
        Span<byte> text = stackalloc byte[NewLength];
        WriteNew(text);
        return Encoding.ASCII.GetString(text);
    }
}
