using System.Globalization;
using EdgeProxy.Http.Tests.Support;
using EdgeProxy.Model;

namespace EdgeProxy.Http.Tests.Tls;

/// <summary>The ConfigMap's enable-ocsp, as a client sees it: the answer of the authority's responder comes with the handshake.</summary>
public sealed class StaplingTests
{
    private const string NotSent = "OCSP response: no response sent";

    [Fact(Timeout = 60_000)]
    public async Task Handshake_brings_the_answer_of_the_responder_once_it_is_there()
    {
        var cancel = Deadline.Token;
        await OpenSsl.RequireAsync(cancel);
        await using var responder = new OcspResponder(Objects.Host);
        await using var proxy = await StartAsync(responder, staples: true);

        // The first handshake does not wait for the responder.
        var said = await HandshakeAsync(proxy, cancel);
        while (said.Contains(NotSent, StringComparison.Ordinal))
        {
            said = await HandshakeAsync(proxy, cancel);
        }

        Assert.Contains("OCSP Response Status: successful", said, StringComparison.Ordinal);
        Assert.Contains("Cert Status: good", said, StringComparison.Ordinal);
        var asked = responder.Asked;
        Assert.Contains("Cert Status: good", await HandshakeAsync(proxy, cancel), StringComparison.Ordinal);
        Assert.Equal(asked, responder.Asked);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task Nobody_is_asked_without_the_setting_or_without_a_responder_in_the_certificate(bool staples, bool isNamed)
    {
        var cancel = Deadline.Token;
        await OpenSsl.RequireAsync(cancel);
        await using var responder = new OcspResponder(Objects.Host, isNamed);
        await using var proxy = await StartAsync(responder, staples);

        for (var i = 0; i < 3; i++)
        {
            var said = await HandshakeAsync(proxy, cancel);
            Assert.Contains(NotSent, said, StringComparison.Ordinal);
            Assert.Contains("subject=CN = leaf", said, StringComparison.Ordinal);
        }

        Assert.Equal(0, responder.Asked);
    }

    private static Task<TestProxy> StartAsync(OcspResponder responder, bool staples) => TestProxy.StartAsync(builder =>
    {
        builder.SetService(Objects.Service("web"));
        builder.SetCertificate(responder.Certificate);
        builder.SetIngress(Objects.Ingress("web", secret: responder.Certificate.Name.Name));
        builder.Listeners = builder.Listeners with { StaplesOcsp = staples };
    });

    private static Task<string> HandshakeAsync(TestProxy proxy, CancellationToken cancel) => OpenSsl.RunAsync(
        cancel, "s_client", "-connect", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{proxy.HttpsPort}"), "-servername", Objects.Host, "-status");
}
