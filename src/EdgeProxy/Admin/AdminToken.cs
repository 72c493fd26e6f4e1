using System.Security.Cryptography;
using System.Text;

namespace EdgeProxy.Admin;

/// <summary>The secret of the admin port. Read again with every request that needs it, so that a rotated file holds at once.</summary>
/// <param name="file">Where it is; white space around it does not count.</param>
internal sealed class AdminToken(string file)
{
    /// <summary>Fewest characters: shorter ones could be guessed.</summary>
    public const int MinLength = 16;

    private const int LongestFile = 4096;
    private const string Scheme = "Bearer ";

    private volatile string? _lastGood;

    /// <summary>Reads a token; null, and why, when there is none that may be used. The reason never has a part of it.</summary>
    public static string? Read(string file, out string? mistake)
    {
        mistake = null;
        try
        {
            if (new FileInfo(file) is { Exists: true, Length: > LongestFile })
            {
                mistake = $"must hold at most {LongestFile} bytes";
                return null;
            }

            var token = File.ReadAllText(file).Trim();
            if (token.Length >= MinLength && token.All(char.IsAscii))
            {
                return token;
            }

            mistake = $"must hold at least {MinLength} characters, all of them ASCII";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            mistake = "must be a file that can be read";
        }

        return null;
    }

    /// <summary>True when an Authorization header has the token. Takes as long whatever it has.</summary>
    public bool IsIn(string authorization)
    {
        // A file that is being replaced may be away for a moment.
        _lastGood = Read(file, out _) ?? _lastGood;
        if (_lastGood is not { } token || !authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        return CryptographicOperations.FixedTimeEquals(Digest(authorization[Scheme.Length..].Trim()), Digest(token));
    }

    // Of equal length whatever the length of what was sent.
    private static byte[] Digest(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
