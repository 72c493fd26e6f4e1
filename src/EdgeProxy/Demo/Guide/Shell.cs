using System.Buffers;

namespace EdgeProxy.Demo.Guide;

/// <summary>Text for a POSIX shell.</summary>
internal static class Shell
{
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._~:@%+,=-");

    /// <summary>The text as one word. Manifests may hold anything, and what is printed here gets pasted into a terminal.</summary>
    public static string Word(string text) =>
        !text.AsSpan().ContainsAnyExcept(Plain) ? text : $"'{Printable(text).Replace("'", @"'\''", StringComparison.Ordinal)}'";

    /// <summary>The text without line breaks, escape sequences and the like.</summary>
    public static string Printable(string text) => string.Concat(text.Select(letter => char.IsControl(letter) ? '?' : letter));
}
