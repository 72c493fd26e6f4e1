using EdgeProxy.Http.Tests.Support;

namespace EdgeProxy.Http.Tests.Policies;

/// <summary>Annotations of the chapter Access by address, from the manifest to the wire. The tests' client is 127.0.0.1.</summary>
public sealed class AddressAnnotationTests
{
    [Theory(Timeout = 30_000)]
    [InlineData("allowlist-source-range", "127.0.0.0/8", 200)]
    [InlineData("allowlist-source-range", "10.0.0.0/8, 127.0.0.1", 200)]
    [InlineData("allowlist-source-range", "::ffff:127.0.0.1", 200)]
    [InlineData("whitelist-source-range", "10.0.0.0/8 , fd00::/8", 403)]
    [InlineData("denylist-source-range", "127.0.0.1", 403)]
    [InlineData("denylist-source-range", "10.0.0.0/8", 200)]
    public async Task The_address_decides(string annotation, string ranges, int status)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([(annotation, ranges)]));

        Assert.Equal(status, (await lab.GetAsync("/", Deadline.Token)).Status);
    }

    [Fact(Timeout = 30_000)]
    public async Task Who_is_on_both_lists_may_not()
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address)
            + IngressLab.IngressWith([("allowlist-source-range", "127.0.0.0/8"), ("denylist-source-range", "127.0.0.1/32")]));

        var answer = await lab.GetAsync("/", Deadline.Token);

        Assert.Equal(403, answer.Status);
        Assert.Contains("address_denied", answer.Text, StringComparison.Ordinal);
        Assert.Equal(0, backend.Connections);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("allowlist-source-range", "10.0.0.0/33")]
    [InlineData("denylist-source-range", "somebody")]
    [InlineData("satisfy", "most")]
    public async Task A_list_that_is_none_closes_the_ingress(string annotation, string ranges)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([(annotation, ranges)]));

        Assert.Equal(503, (await lab.GetAsync("/", Deadline.Token)).Status);
        Assert.Contains(lab.Problems, problem => problem.Field == $"metadata.annotations[nginx.ingress.kubernetes.io/{annotation}]");
    }

    [Theory(Timeout = 30_000)]
    [InlineData("whitelist-source-range", "10.0.0.0/8", 403)]
    [InlineData("denylist-source-range", "127.0.0.0/8", 403)]
    [InlineData("denylist-source-range", "nonsense", 503)]
    public async Task The_config_map_has_the_default(string key, string ranges, int status)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([]),
            configuration: (key, ranges));

        Assert.Equal(status, (await lab.GetAsync("/", Deadline.Token)).Status);
    }
}
