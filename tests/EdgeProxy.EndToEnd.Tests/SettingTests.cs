using EdgeProxy.Hosting;
using EdgeProxy.Model;
using EdgeProxy.Settings;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>Settings of the whole process, as they are written on the command line.</summary>
public sealed class SettingTests
{
    [Fact]
    public void Timeouts_are_durations()
    {
        var settings = Read(("connect-timeout", "500ms"), ("idle-timeout", "1h30m"), ("udp-idle-timeout", "30"), ("drain-timeout", "1.5s"));

        var expected = new ServiceTimeouts
        {
            Connect = TimeSpan.FromMilliseconds(500),
            Idle = TimeSpan.FromMinutes(90),
            UdpIdle = TimeSpan.FromSeconds(30),
        };
        Assert.Equal(expected, settings.Timeouts);
        Assert.Equal(TimeSpan.FromSeconds(1.5), settings.DrainTimeout);
    }

    [Fact]
    public void Timeouts_that_are_not_given_have_their_defaults() => Assert.Equal(ServiceTimeouts.Default, Read().Timeouts);

    [Theory]
    [InlineData("connect-timeout", "1ms", "--connect-timeout: must be a duration from 50ms to 1m, such as 30s or 1m30s")]
    [InlineData("idle-timeout", "25h", "--idle-timeout: must be a duration from 0s to 24h, such as 30s or 1m30s")]
    [InlineData("udp-idle-timeout", "0", "--udp-idle-timeout: must be a duration from 1s to 24h, such as 30s or 1m30s")]
    [InlineData("allow-external-ips", "no", "--allow-external-ips: must be true or false")]
    [InlineData("drain-timeout", "soon", "--drain-timeout: must be a duration from 0s to 1h, such as 30s or 1m30s")]
    public void A_bad_one_is_named_with_what_it_may_be(string name, string value, string message)
    {
        var errors = new List<string>();

        SettingSources.Read(new Dictionary<string, IReadOnlyList<string>> { [name] = [value] }, configFile: null, _ => null, errors);

        Assert.Equal([message], errors);
    }

    [Fact]
    public void What_logs_look_like_makes_no_new_snapshot_and_what_services_get_does()
    {
        var node = new LocalNode { Name = "n1" };
        var before = Read(("ingress-class", "mine"), ("controller", "a"));

        Assert.True(ManifestAssembly.TranslateAlike(before, Read(("ingress-class", "mine"), ("controller", "a"), ("log-level", "debug"), ("access-log", "json")), node));
        Assert.False(ManifestAssembly.TranslateAlike(before, Read(("ingress-class", "mine"), ("controller", "a"), ("idle-timeout", "1m")), node));
    }

    [Fact]
    public void External_ips_and_other_proxies_services_are_a_choice()
    {
        var node = new LocalNode { Name = "n1" };

        var byDefault = ManifestAssembly.Translation(Read(), node);
        var chosen = ManifestAssembly.Translation(Read(("allow-external-ips", "false"), ("service-proxy-name", "edge")), node);

        Assert.Equal((true, null), (byDefault.AllowExternalIPs, byDefault.ServiceProxyName));
        Assert.Equal((false, "edge"), (chosen.AllowExternalIPs, chosen.ServiceProxyName));
    }

    [Fact]
    public void External_names_and_where_they_may_lead_are_a_choice()
    {
        var node = new LocalNode { Name = "n1" };

        var byDefault = ManifestAssembly.Translation(Read(), node);
        var chosen = ManifestAssembly.Translation(Read(("allow-external-name-services", "false"), ("unsafe-local-targets", "true")), node);

        Assert.Equal((true, false), (byDefault.AllowExternalNameServices, byDefault.UnsafeLocalTargets));
        Assert.Equal((false, true), (chosen.AllowExternalNameServices, chosen.UnsafeLocalTargets));
    }

    private static ProxySettings Read(params (string Name, string Value)[] given)
    {
        var errors = new List<string>();
        var values = given.ToDictionary(pair => pair.Name, pair => (IReadOnlyList<string>)[pair.Value]);
        var settings = SettingSources.Read(values, configFile: null, _ => null, errors);
        Assert.Empty(errors);
        return settings;
    }
}
