using EdgeProxy.Model.Policies;

namespace EdgeProxy.Model.Tests.Policies;

/// <summary>Text with nginx variables.</summary>
public sealed class RequestTemplateTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain", "plain")]
    [InlineData("https://$host$request_uri", "https://<Host><RequestUri>")]
    [InlineData("${scheme}s://x", "<Scheme>s://x")]
    [InlineData("$http_x_api_key", "<Header x-api-key>")]
    [InlineData("{$args}", "{<Query>}")]
    public void Variables_of_the_list_are_put_in(string text, string filled)
    {
        Assert.True(RequestTemplate.TryParse(text, out var parsed, out _));

        Assert.Equal(filled, string.Concat(parsed.Parts.Select(part =>
            part.Variable == RequestVariable.None ? part.Text : $"<{part.Variable}{(part.Text.Length == 0 ? "" : " " + part.Text)}>")));
    }

    [Theory]
    [InlineData("$document_root", "$document_root")]
    [InlineData("a$", "$")]
    [InlineData("$$host", "$")]
    [InlineData("${host", "$")]
    [InlineData("$http_", "$http_")]
    [InlineData("$hosts", "$hosts")]
    public void Anything_else_behind_a_dollar_is_refused(string text, string unknown)
    {
        Assert.False(RequestTemplate.TryParse(text, out _, out var found));

        Assert.Equal(unknown, found);
    }
}
