using System.Collections.Frozen;

namespace EdgeProxy.Model.Policies;

/// <summary>ConfigMap keys use-gzip and gzip-*, or enable-brotli and brotli-*: which answers are compressed, and how hard.</summary>
/// <param name="Level">1 (fast) to 9 (small), with Brotli to 11; default 1, with Brotli 4.</param>
/// <param name="MinLength">Bytes; answers known to be shorter are left alone. Default 256, with Brotli 20.</param>
/// <param name="Types">Content types, lower case, without parameters; <c>*</c> stands for all. <c>text/html</c> is always among them.</param>
public sealed record CompressionPolicy(int Level, long MinLength, FrozenSet<string> Types)
{
    /// <summary>ingress-nginx's types.</summary>
    public static FrozenSet<string> DefaultTypes { get; } = new[]
    {
        "application/atom+xml", "application/javascript", "application/x-javascript", "application/json", "application/rss+xml",
        "application/vnd.ms-fontobject", "application/x-font-ttf", "application/x-web-app-manifest+json", "application/xhtml+xml", "application/xml",
        "font/opentype", "image/svg+xml", "image/x-icon", "text/css", "text/javascript", "text/plain", "text/x-component", "text/html",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>True when answers of this type are compressed.</summary>
    public bool Takes(ReadOnlySpan<char> type) => !type.IsEmpty && (Types.GetAlternateLookup<ReadOnlySpan<char>>().Contains(type) || Types.Contains("*"));
}
