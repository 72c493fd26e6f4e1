using EdgeProxy.Model.Policies;

namespace EdgeProxy.Model.Tests.Policies;

/// <summary>Text with nginx variables.</summary>
public sealed class VariableTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain", "plain")]
    [InlineData("https://$host$request_uri", "https://<host><request_uri>")]
    [InlineData("${scheme}s://x", "<scheme>s://x")]
    [InlineData("$http_x_api_key", "<http_x_api_key>")]
    [InlineData("{$args}", "{<args>}")]
    public void Variables_of_the_list_are_put_in(string text, string filled)
    {
        Assert.True(VariableText.TryParse(text, out var parsed, out _));

        Assert.Equal(filled, parsed!.Fill(0, (_, name) => $"<{name}>"));
    }

    [Theory]
    [InlineData("$document_root", "$document_root")]
    [InlineData("a$", "$")]
    [InlineData("$$host", "$")]
    [InlineData("${host", "${host")]
    [InlineData("$http_", "$http_")]
    [InlineData("$hosts", "$hosts")]
    public void Anything_else_behind_a_dollar_is_refused(string text, string unknown)
    {
        Assert.False(VariableText.TryParse(text, out _, out var found));

        Assert.Equal(unknown, found);
    }
}
