using EdgeProxy.Kubernetes.Annotations.Snippets;

namespace EdgeProxy.Kubernetes.Tests.Annotations;

/// <summary>How nginx's configuration language is taken apart.</summary>
public sealed class NginxSnippetTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("add_header X 1;", "add_header(X,1)")]
    [InlineData("a 'one two' \"three; four\" fi\\;ve;", "a(one two,three; four,fi;ve)")]
    [InlineData("a 'it\\'s';\n# b 1;\nc;", "a(it's) c()")]
    [InlineData("a x#y;", "a(x#y)")]
    [InlineData("return 301 https://${host}$request_uri;", "return(301,https://${host}$request_uri)")]
    [InlineData("if ($a = b) { deny all; }", "if?(($a,=,b)) deny?(all)")]
    [InlineData("if ($a) {deny all}", "if?(($a)) deny?(all)")]
    [InlineData("a 1", "a?(1)")]
    [InlineData("a \"1;", "a?(1;)")]
    [InlineData("} deny all; {", "deny?(all)")]
    public void A_snippet_is_taken_apart(string text, string directives) => Assert.Equal(
        directives,
        string.Join(' ', NginxSnippet.Parse(text).Select(one => $"{one.Name}{(one.IsPlain ? "" : "?")}({string.Join(',', one.Arguments)})")));
}
