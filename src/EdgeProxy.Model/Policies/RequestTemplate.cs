using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace EdgeProxy.Model.Policies;

/// <summary>
/// Text with variables of a request in it, as nginx writes them: <c>$host</c> or <c>${host}</c>. The names are a fixed list; a value is put in and
/// never looked at again, so nothing that a client sends is evaluated.
/// </summary>
public sealed class RequestTemplate
{
    private static readonly Dictionary<string, RequestVariable> Names = new(StringComparer.Ordinal)
    {
        ["host"] = RequestVariable.Host, ["http_host"] = RequestVariable.HttpHost, ["best_http_host"] = RequestVariable.HttpHost,
        ["server_name"] = RequestVariable.ServerName, ["server_port"] = RequestVariable.ServerPort, ["pass_server_port"] = RequestVariable.ServerPort,
        ["scheme"] = RequestVariable.Scheme, ["pass_access_scheme"] = RequestVariable.Scheme,
        ["request_uri"] = RequestVariable.RequestUri, ["escaped_request_uri"] = RequestVariable.EscapedRequestUri,
        ["uri"] = RequestVariable.Uri, ["args"] = RequestVariable.Query, ["query_string"] = RequestVariable.Query,
        ["is_args"] = RequestVariable.QuestionMark, ["request_method"] = RequestVariable.Method,
        ["remote_addr"] = RequestVariable.ClientAddress, ["the_real_ip"] = RequestVariable.ClientAddress,
        ["remote_user"] = RequestVariable.User, ["namespace"] = RequestVariable.Namespace, ["ingress_name"] = RequestVariable.IngressName,
        ["service_name"] = RequestVariable.ServiceName, ["service_port"] = RequestVariable.ServicePort, ["request_id"] = RequestVariable.RequestId,
        ["document_uri"] = RequestVariable.Uri, ["binary_remote_addr"] = RequestVariable.ClientAddress,
    };

    private RequestTemplate(string text, ImmutableArray<TemplatePart> parts)
    {
        Text = text;
        Parts = parts;
    }

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>Text and variables in turn.</summary>
    public ImmutableArray<TemplatePart> Parts { get; }

    /// <summary>Text that means itself, dollars included.</summary>
    public static RequestTemplate Literal(string text) => new(text, [new TemplatePart(text, RequestVariable.None)]);

    /// <summary>True when any part is that variable.</summary>
    public bool Has(RequestVariable variable) => Parts.Any(part => part.Variable == variable);

    /// <summary>Reads a template. False when a <c>$</c> does not begin a variable that is known; <paramref name="unknown"/> is what stands there.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out RequestTemplate? template, out string unknown)
    {
        template = null;
        unknown = "";
        var parts = ImmutableArray.CreateBuilder<TemplatePart>();
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            var dollar = rest.IndexOf('$');
            var literal = dollar < 0 ? rest : rest[..dollar];
            if (!literal.IsEmpty)
            {
                parts.Add(new TemplatePart(literal.ToString(), RequestVariable.None));
            }

            if (dollar < 0)
            {
                break;
            }

            rest = rest[(dollar + 1)..];
            var name = TakeName(ref rest);
            if (PartOf(name) is not { } part)
            {
                unknown = "$" + name;
                return false;
            }

            parts.Add(part);
        }

        template = new RequestTemplate(text, parts.ToImmutable());
        return true;
    }

    /// <inheritdoc />
    public override string ToString() => Text;

    private static string TakeName(ref ReadOnlySpan<char> rest)
    {
        var braced = rest.StartsWith("{");
        var name = braced ? rest[1..] : rest;
        var end = name.IndexOfAnyExcept(NameCharacters);
        end = end < 0 ? name.Length : end;
        if (braced && (end == name.Length || name[end] != '}'))
        {
            return ""; // never closed
        }

        rest = name[(braced ? end + 1 : end)..];
        return name[..end].ToString();
    }

    private static SearchValues<char> NameCharacters { get; } =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    private static TemplatePart? PartOf(string name)
    {
        if (Names.TryGetValue(name, out var variable))
        {
            return new TemplatePart("", variable);
        }

        return Argument(name, "http_") is { } header ? new TemplatePart(header.Replace('_', '-'), RequestVariable.Header)
            : Argument(name, "cookie_") is { } cookie ? new TemplatePart(cookie, RequestVariable.Cookie)
            : Argument(name, "arg_") is { } argument ? new TemplatePart(argument, RequestVariable.Argument)
            : null;
    }

    private static string? Argument(string name, string prefix) =>
        name.Length > prefix.Length && name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : null;
}

/// <summary>A piece of a <see cref="RequestTemplate"/>.</summary>
/// <param name="Text">The text, or which header, cookie or argument.</param>
/// <param name="Variable">What is put here; <see cref="RequestVariable.None"/>: the text itself.</param>
public readonly record struct TemplatePart(string Text, RequestVariable Variable);

/// <summary>What a template can take from a request, by nginx's names.</summary>
public enum RequestVariable
{
    /// <summary>Nothing: text.</summary>
    None,

    /// <summary><c>$host</c>: the host without port, lower case.</summary>
    Host,

    /// <summary><c>$http_host</c>, <c>$best_http_host</c>: the Host header as it came.</summary>
    HttpHost,

    /// <summary><c>$server_name</c>: the rule's host, <c>_</c> for every host.</summary>
    ServerName,

    /// <summary><c>$server_port</c>, <c>$pass_server_port</c>.</summary>
    ServerPort,

    /// <summary><c>$scheme</c>, <c>$pass_access_scheme</c>: http or https.</summary>
    Scheme,

    /// <summary><c>$request_uri</c>: path and query as they came.</summary>
    RequestUri,

    /// <summary><c>$escaped_request_uri</c>: the same, escaped so that it can be a query argument.</summary>
    EscapedRequestUri,

    /// <summary><c>$uri</c>, <c>$document_uri</c>: the path, decoded and normalised.</summary>
    Uri,

    /// <summary><c>$args</c>, <c>$query_string</c>.</summary>
    Query,

    /// <summary><c>$is_args</c>: <c>?</c> when there is a query.</summary>
    QuestionMark,

    /// <summary><c>$request_method</c>.</summary>
    Method,

    /// <summary><c>$remote_addr</c>, <c>$the_real_ip</c>, <c>$binary_remote_addr</c>.</summary>
    ClientAddress,

    /// <summary><c>$remote_user</c>: the name in Basic credentials.</summary>
    User,

    /// <summary><c>$namespace</c> of the Ingress.</summary>
    Namespace,

    /// <summary><c>$ingress_name</c>.</summary>
    IngressName,

    /// <summary><c>$service_name</c>: that of the route's backend.</summary>
    ServiceName,

    /// <summary><c>$service_port</c>: name or number.</summary>
    ServicePort,

    /// <summary><c>$request_id</c>: X-Request-ID.</summary>
    RequestId,

    /// <summary><c>$http_NAME</c>: a request header.</summary>
    Header,

    /// <summary><c>$cookie_NAME</c>: a cookie.</summary>
    Cookie,

    /// <summary><c>$arg_NAME</c>: an argument of the query, as it came.</summary>
    Argument,
}
