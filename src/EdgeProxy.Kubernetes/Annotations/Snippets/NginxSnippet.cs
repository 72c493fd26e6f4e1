using System.Collections.Immutable;
using System.Text;

namespace EdgeProxy.Kubernetes.Annotations.Snippets;

/// <summary>A piece of nginx configuration, taken apart into its directives. Only ever looked at: nothing of it is run.</summary>
internal static class NginxSnippet
{
    /// <summary>
    /// Every directive, blocks flattened: <c>if (…) { return 403; }</c> gives two. Never fails; what is not sound (an open quote, a brace too
    /// many) makes the last directive one that is not plain.
    /// </summary>
    public static ImmutableArray<NginxDirective> Parse(string text)
    {
        var directives = ImmutableArray.CreateBuilder<NginxDirective>();
        var words = new List<string>();
        var depth = 0;
        var position = 0;
        while (position < text.Length)
        {
            switch (text[position])
            {
                case ' ' or '\t' or '\r' or '\n':
                    position++;
                    break;
                case '#':
                    var end = text.IndexOf('\n', position);
                    position = end < 0 ? text.Length : end;
                    break;
                case ';':
                    Flush(directives, words, isPlain: depth == 0);
                    position++;
                    break;
                case '{':
                    Flush(directives, words, isPlain: false);
                    depth++;
                    position++;
                    break;
                case '}':
                    Flush(directives, words, isPlain: false);
                    depth--;
                    position++;
                    break;
                default:
                    words.Add(Word(text, ref position));
                    break;
            }
        }

        Flush(directives, words, isPlain: false);
        return directives.ToImmutable();
    }

    private static void Flush(ImmutableArray<NginxDirective>.Builder directives, List<string> words, bool isPlain)
    {
        if (words.Count > 0)
        {
            directives.Add(new NginxDirective(words[0], [.. words.Skip(1)], isPlain));
            words.Clear();
        }
    }

    private static string Word(string text, ref int position)
    {
        var word = new StringBuilder();
        var quote = text[position] is '"' or '\'' ? text[position++] : '\0';
        while (position < text.Length)
        {
            var c = text[position];
            if (quote == '\0' ? c is ' ' or '\t' or '\r' or '\n' or ';' || IsBrace(text, position) : c == quote)
            {
                position += quote == '\0' ? 0 : 1;
                break;
            }

            position++;
            if (c == '\\' && position < text.Length)
            {
                c = text[position++];
            }

            word.Append(c);
        }

        return word.ToString();
    }

    // ${name} is a variable, not a block.
    private static bool IsBrace(string text, int position) =>
        text[position] is '{' or '}' && !(text[position] == '{' && position > 0 && text[position - 1] == '$') && !ClosesVariable(text, position);

    private static bool ClosesVariable(string text, int position)
    {
        if (text[position] != '}')
        {
            return false;
        }

        var start = position - 1;
        while (start >= 0 && (char.IsAsciiLetterOrDigit(text[start]) || text[start] == '_'))
        {
            start--;
        }

        return start > 0 && text[start] == '{' && text[start - 1] == '$';
    }
}
