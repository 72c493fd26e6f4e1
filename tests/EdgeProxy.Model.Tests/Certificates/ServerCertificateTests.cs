using EdgeProxy.Model.Tests.Support;

namespace EdgeProxy.Model.Tests.Certificates;

public sealed class ServerCertificateTests
{
    [Theory]
    [InlineData("a.example", "a.example", true)]
    [InlineData("a.example", "b.example", false)]
    [InlineData("a.example", "x.a.example", false)]
    [InlineData("a.example", "*.example", false)]
    [InlineData("*.example", "a.example", true)]
    [InlineData("*.example", "*.example", true)]
    [InlineData("*.example", "example", false)]
    [InlineData("*.example", "a.b.example", false)]
    [InlineData("*.example", ".example", false)]
    [InlineData("*.example", "a.example2", false)]
    [InlineData("*.example", "aexample", false)]
    [InlineData("*.b.example", "a.b.example", true)]
    [InlineData("*.b.example", "*.example", false)]
    [InlineData("*.b.example", "b.example", false)]
    [InlineData("*", "a", false)]
    [InlineData("*", "a.example", false)]
    [InlineData("w*.example", "www.example", false)]
    [InlineData("a.*.example", "a.b.example", false)]
    [InlineData("*.example", "", false)]
    [InlineData("a.example", "", false)]
    public void A_name_covers_itself_and_a_star_covers_one_whole_label(string name, string host, bool expected) =>
        Assert.Equal(expected, Objects.Certificate("cert", name).Covers(host));

    [Fact]
    public void Any_of_its_names_will_do()
    {
        var certificate = Objects.Certificate("cert", "a.example", "*.b.example", "c.example");

        Assert.True(certificate.Covers("c.example"));
        Assert.True(certificate.Covers("x.b.example"));
        Assert.False(certificate.Covers("x.c.example"));
    }

    [Fact]
    public void A_certificate_without_names_covers_nothing() => Assert.False(Objects.Certificate("cert").Covers("a.example"));

    [Fact]
    public void Its_text_is_the_secrets_name_and_shows_nothing_of_the_content()
    {
        var certificate = Objects.Certificate("cert", "a.example");

        Assert.Equal("shop/cert", certificate.ToString());
        Assert.Equal("shop/cert", $"{certificate}");
    }

    [Fact]
    public void The_text_of_a_snapshot_does_not_show_the_key()
    {
        var certificate = Objects.Certificate("cert", "a.example");
        var snapshot = Objects.Build(builder => builder.SetCertificate(certificate));

        Assert.Same(certificate, Assert.Single(snapshot.Certificates).Value);
        Assert.DoesNotContain(certificate.PrivateKeyPem, snapshot.ToString(), StringComparison.Ordinal);
    }
}
