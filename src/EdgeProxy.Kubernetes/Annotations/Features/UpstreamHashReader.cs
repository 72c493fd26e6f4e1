using System.Collections.Immutable;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>upstream-hash-by: text and variables, <c>$name</c> or <c>${name}</c>, of a fixed list. Nothing is evaluated.</summary>
internal static class UpstreamHashReader
{
    /// <summary>The parts in order; empty when nothing, or something unknown, is written.</summary>
    public static ImmutableArray<HashPart> Read(AnnotationReader reader)
    {
        if (reader.Text("upstream-hash-by") is not { } text)
        {
            return [];
        }

        var parts = ImmutableArray.CreateBuilder<HashPart>();
        for (var at = 0; at < text.Length;)
        {
            var dollar = text.IndexOf('$', at);
            if (dollar != at)
            {
                var end = dollar < 0 ? text.Length : dollar;
                parts.Add(new HashPart(HashVariable.Text, text[at..end]));
                at = end;
                continue;
            }

            var name = NameAt(text, dollar + 1, out at);
            if (PartOf(name) is not { } part)
            {
                reader.Invalid("upstream-hash-by", $"${name}", "the variable is not one that can be hashed");
                return [];
            }

            parts.Add(part);
        }

        return parts.ToImmutable();
    }

    private static string NameAt(string text, int start, out int next)
    {
        if (start < text.Length && text[start] == '{' && text.IndexOf('}', start) is var close and > 0)
        {
            next = close + 1;
            return text[(start + 1)..close];
        }

        next = start;
        while (next < text.Length && (char.IsAsciiLetterOrDigit(text[next]) || text[next] == '_'))
        {
            next++;
        }

        return text[start..next];
    }

    private static HashPart? PartOf(string name) => name switch
    {
        "request_uri" => new HashPart(HashVariable.RequestUri, ""),
        "uri" or "document_uri" => new HashPart(HashVariable.Path, ""),
        "args" or "query_string" => new HashPart(HashVariable.Query, ""),
        "remote_addr" or "binary_remote_addr" or "the_real_ip" => new HashPart(HashVariable.ClientAddress, ""),
        "host" or "http_host" or "best_http_host" or "server_name" => new HashPart(HashVariable.Host, ""),
        "scheme" => new HashPart(HashVariable.Scheme, ""),
        "request_method" => new HashPart(HashVariable.Method, ""),
        _ when Rest(name, "http_") is { } header => new HashPart(HashVariable.Header, header.Replace('_', '-')),
        _ when Rest(name, "cookie_") is { } cookie => new HashPart(HashVariable.Cookie, cookie),
        _ when Rest(name, "arg_") is { } argument => new HashPart(HashVariable.Argument, argument),
        _ => null,
    };

    private static string? Rest(string name, string prefix) =>
        name.Length > prefix.Length && name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : null;
}
