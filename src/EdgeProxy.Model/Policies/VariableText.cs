using System.Collections.Frozen;
using System.Collections.Immutable;

namespace EdgeProxy.Model.Policies;

/// <summary>
/// Text with nginx variables of a fixed list (<c>$host</c>, <c>${request_uri}</c>, <c>$http_NAME</c>), taken apart once. Nothing is evaluated
/// beyond putting values in.
/// </summary>
public sealed class VariableText
{
    private static readonly FrozenSet<string> Known = new[]
    {
        "args", "best_http_host", "host", "http_host", "ingress_name", "namespace", "pass_access_scheme", "query_string", "remote_addr", "request_id",
        "request_method", "request_uri", "scheme", "server_name", "server_port", "service_name", "service_port", "uri",
    }.ToFrozenSet(StringComparer.Ordinal);

    private VariableText(ImmutableArray<VariablePart> parts) => Parts = parts;

    /// <summary>Literals and variables in order.</summary>
    public ImmutableArray<VariablePart> Parts { get; }

    /// <summary>Text that means itself.</summary>
    public static VariableText Literal(string text) => new([new VariablePart(text, IsVariable: false)]);

    /// <summary>False when a <c>$</c> begins no variable of the list; <paramref name="unknown"/> is what stands there instead.</summary>
    public static bool TryParse(string text, out VariableText? result, out string unknown)
    {
        result = null;
        unknown = "";
        var parts = ImmutableArray.CreateBuilder<VariablePart>();
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            var dollar = rest.IndexOf('$');
            if (dollar != 0)
            {
                var literal = dollar < 0 ? rest : rest[..dollar];
                parts.Add(new VariablePart(literal.ToString(), IsVariable: false));
                rest = rest[literal.Length..];
                continue;
            }

            var name = NameAt(rest, out var length);
            if (!IsKnown(name))
            {
                unknown = rest[..length].ToString();
                return false;
            }

            parts.Add(new VariablePart(name, IsVariable: true));
            rest = rest[length..];
        }

        result = new VariableText(parts.ToImmutable());
        return true;
    }

    /// <summary>The text with each variable replaced by what <paramref name="valueOf"/> says about it.</summary>
    public string Fill<TState>(TState state, Func<TState, string, string> valueOf)
    {
        if (Parts is [{ IsVariable: false } only])
        {
            return only.Text;
        }

        return string.Concat(Parts.Select(part => part.IsVariable ? valueOf(state, part.Text) : part.Text));
    }

    /// <summary>As it was written, but for braces.</summary>
    public override string ToString() => Fill(0, static (_, name) => "$" + name);

    private static bool IsKnown(string name) => Known.Contains(name) || (name.Length > 5 && name.StartsWith("http_", StringComparison.Ordinal));

    /// <summary>The name behind a dollar, with or without braces; empty when there is none.</summary>
    private static string NameAt(ReadOnlySpan<char> text, out int length)
    {
        var braced = text.Length > 1 && text[1] == '{';
        var start = braced ? 2 : 1;
        var end = start;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_'))
        {
            end++;
        }

        var closed = !braced || (end < text.Length && text[end] == '}');
        length = braced && closed ? end + 1 : end;
        return closed ? text[start..end].ToString() : "";
    }
}

/// <summary>A literal, or the name of a variable without its dollar.</summary>
public readonly record struct VariablePart(string Text, bool IsVariable);
