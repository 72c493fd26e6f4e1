using EdgeProxy.Model.Routing;
using EdgeProxy.Model.Tests.Support;
using static EdgeProxy.Model.Tests.Support.Objects;

namespace EdgeProxy.Model.Tests.Routing;

public sealed class RouteTableTests
{
    [Fact]
    public void The_empty_table_takes_nothing()
    {
        Assert.Null(RouteTable.Empty.Find("a.example", "/"));
        Assert.Null(RouteTable.Empty.Find("", "/"));
        Assert.Empty(RouteTable.Empty.CertificatesFor("a.example"));
    }

    [Fact]
    public void Applying_nothing_gives_the_same_table()
    {
        var table = Routes(Ingress("web", Rule("a.example", Prefix("/"))));

        Assert.Same(table, table.Apply([], []));
    }

    [Fact]
    public void Removing_an_unknown_ingress_changes_nothing()
    {
        var table = Routes(Ingress("web", Rule("a.example", Prefix("/"))));

        var next = table.Apply([], [Name("other")]);

        Assert.Same(table.Find("a.example", "/"), next.Find("a.example", "/"));
    }

    [Fact]
    public void A_host_that_a_change_does_not_touch_keeps_its_routes()
    {
        var table = Routes(
            Ingress("kept", Rule("a.example", Prefix("/")), Rule("*.b.example", Prefix("/")), Rule("", Prefix("/"))),
            Ingress("other", Rule("c.example", Prefix("/"))));

        var next = table.Apply([Ingress("other", Rule("d.example", Prefix("/"))), Ingress("new", Rule("x.b.example", Prefix("/")))], []);

        Assert.Same(table.Find("a.example", "/x"), next.Find("a.example", "/x"));
        Assert.Same(table.Find("y.b.example", "/x"), next.Find("y.b.example", "/x"));
        Assert.Same(table.Find("e.example", "/x"), next.Find("c.example", "/x"));
        Assert.NotSame(table.Find("d.example", "/x"), next.Find("d.example", "/x"));
    }

    [Fact]
    public void An_ingress_that_moves_to_another_host_leaves_the_old_one()
    {
        var table = Routes(Ingress("web", Rule("a.example", Prefix("/"))));

        var next = table.Apply([Ingress("web", Rule("b.example", Prefix("/")))], []);

        Assert.Null(next.Find("a.example", "/"));
        Assert.Equal("/", next.ServiceFor("b.example", "/"));
        Assert.Equal("/", table.ServiceFor("a.example", "/"));
    }

    [Fact]
    public void An_ingress_both_removed_and_changed_at_once_is_there_afterwards()
    {
        var table = Routes(Ingress("web", Rule("a.example", Prefix("/"))));

        var next = table.Apply([Ingress("web", Rule("a.example", Prefix("/new")))], [Name("web")]);

        Assert.Equal("/new", next.ServiceFor("a.example", "/new"));
        Assert.Null(next.Find("a.example", "/old"));
    }

    [Fact]
    public void A_duplicate_path_goes_to_the_older_ingress_and_falls_to_the_younger_when_it_goes()
    {
        IngressConfig Claim(string name, int day) => new()
        {
            Name = Name(name),
            Created = Day.AddDays(day),
            Rules = [Rule("a.example", new IngressPathConfig("/", PathType.Prefix, To(name)))],
        };
        var table = Routes(Claim("a-younger", 2), Claim("z-older", 1));

        Assert.Equal("z-older", table.ServiceFor("a.example", "/"));
        Assert.Equal("a-younger", table.Apply([], [Name("z-older")]).ServiceFor("a.example", "/"));
    }

    [Fact]
    public void Without_creation_times_the_duplicate_goes_by_namespace_then_name()
    {
        IngressConfig Claim(string space, string name) => new()
        {
            Name = new NamespacedName(space, name),
            Rules = [Rule("a.example", new IngressPathConfig("/", PathType.Prefix, new BackendReference(new NamespacedName(space, name), null, 80)))],
        };

        Assert.Equal("z", Routes(Claim("b", "a"), Claim("a", "z")).ServiceFor("a.example", "/"));
        Assert.Equal("y", Routes(Claim("a", "z"), Claim("a", "y")).ServiceFor("a.example", "/"));
    }

    [Fact]
    public void The_catch_all_follows_the_ingresses_without_rules()
    {
        IngressConfig CatchAll(string name, int day) => new() { Name = Name(name), Created = Day.AddDays(day), DefaultBackend = To(name) };

        var one = Routes(CatchAll("young", 2));
        var two = one.Apply([CatchAll("old", 1)], []);
        var three = two.Apply([Ingress("old", Rule("a.example", Prefix("/a")))], []);
        var none = three.Apply([], [Name("young")]);

        Assert.Equal("young", one.ServiceFor("x.example", "/"));
        Assert.Equal("old", two.ServiceFor("x.example", "/"));
        Assert.Equal("young", three.ServiceFor("a.example", "/b"));
        Assert.Null(none.Find("x.example", "/"));
    }

    [Fact]
    public void A_default_backend_next_to_rules_serves_only_its_own_hosts()
    {
        var web = new IngressConfig { Name = Name("web"), Rules = [Rule("a.example", Prefix("/a"))], DefaultBackend = To("default") };
        var table = Routes(web);

        Assert.Equal("default", table.ServiceFor("a.example", "/b"));
        Assert.Null(table.Find("b.example", "/b"));
    }

    [Fact]
    public void A_host_without_a_matching_path_does_not_fall_back_to_its_wildcard()
    {
        var table = Routes(Ingress("web", Rule("a.example", Prefix("/only")), Rule("*.example", Prefix("/")), Rule("", Prefix("/"))));

        Assert.Null(table.Find("a.example", "/other"));
        Assert.Equal("/", table.ServiceFor("b.example", "/other"));
    }

    [Fact]
    public void A_rule_without_paths_still_claims_its_host()
    {
        var table = Routes(Ingress("web", Rule("a.example"), Rule("*.example", Prefix("/"))));

        Assert.Null(table.Find("a.example", "/"));
    }

    [Fact]
    public void A_host_that_is_only_in_a_tls_entry_has_no_rules()
    {
        var table = Routes(new IngressConfig
        {
            Name = Name("web"),
            Rules = [Rule("*.example", Prefix("/"))],
            Tls = [new IngressTlsConfig(["a.example"], Name("cert"))],
        });

        Assert.Equal("/", table.ServiceFor("a.example", "/"));
    }

    [Fact]
    public void Every_route_of_a_closed_ingress_is_without_a_backend()
    {
        var closed = new IngressConfig
        {
            Name = Name("closed"),
            IsClosed = true,
            DefaultBackend = To("default"),
            Rules = [Rule("a.example", Prefix("/a"))],
        };
        var catchAll = new IngressConfig { Name = Name("all"), IsClosed = true, DefaultBackend = To("all") };
        var table = Routes(closed, catchAll);

        Assert.Null(Assert.IsType<Route>(table.Find("a.example", "/a")).Backend);
        Assert.Null(Assert.IsType<Route>(table.Find("a.example", "/b")).Backend);
        Assert.Null(Assert.IsType<Route>(table.Find("b.example", "/")).Backend);
    }

    [Fact]
    public void A_closed_ingress_leaves_the_paths_of_its_neighbours_open()
    {
        var closed = new IngressConfig { Name = Name("closed"), IsClosed = true, Rules = [Rule("a.example", Prefix("/admin"))] };
        var table = Routes(closed, Ingress("open", Rule("a.example", Prefix("/"))));

        Assert.Null(Assert.IsType<Route>(table.Find("a.example", "/admin/users")).Backend);
        Assert.Equal("/", table.ServiceFor("a.example", "/"));
    }

    [Fact]
    public void A_route_with_a_resource_backend_is_there_without_a_backend()
    {
        var table = Routes(Ingress("web", Rule("a.example", new IngressPathConfig("/files", PathType.Prefix, Backend: null), Prefix("/"))));

        Assert.Null(Assert.IsType<Route>(table.Find("a.example", "/files/x")).Backend);
    }

    [Fact]
    public void Plain_requests_are_redirected_only_on_hosts_with_tls()
    {
        var table = Routes(new IngressConfig
        {
            Name = Name("web"),
            Rules = [Rule("tls.example", Prefix("/")), Rule("plain.example", Prefix("/")), Rule("", Prefix("/"))],
            Tls = [new IngressTlsConfig(["tls.example"], Name("cert"))],
        });

        Assert.True(table.Find("tls.example", "/")!.SslRedirect);
        Assert.False(table.Find("plain.example", "/")!.SslRedirect);
        Assert.False(table.Find("elsewhere.example", "/")!.SslRedirect);
    }

    [Fact]
    public void The_redirect_does_not_depend_on_a_secret()
    {
        // Secret missing: the default certificate serves, and the redirect still happens.
        var table = Routes(new IngressConfig
        {
            Name = Name("web"),
            Rules = [Rule("tls.example", Prefix("/"))],
            Tls = [new IngressTlsConfig(["tls.example"], Secret: null)],
        });

        Assert.True(table.Find("tls.example", "/")!.SslRedirect);
    }

    [Fact]
    public void A_tls_entry_without_hosts_is_for_the_hosts_of_the_rules()
    {
        var table = Routes(new IngressConfig
        {
            Name = Name("web"),
            Rules = [Rule("tls.example", Prefix("/"))],
            Tls = [new IngressTlsConfig([], Name("cert"))],
        });

        Assert.True(table.Find("tls.example", "/")!.SslRedirect);
        Assert.Equal([Name("cert")], table.CertificatesFor("tls.example"));
    }

    [Fact]
    public void The_tls_entry_of_one_ingress_redirects_the_whole_host_except_who_declines()
    {
        var tls = new IngressConfig
        {
            Name = Name("tls"),
            Rules = [Rule("a.example", Prefix("/tls"))],
            Tls = [new IngressTlsConfig(["a.example"], Name("cert"))],
        };
        var follows = Ingress("follows", Rule("a.example", Prefix("/follows")));
        var declines = new IngressConfig { Name = Name("declines"), SslRedirect = false, Rules = [Rule("a.example", Prefix("/declines"))] };
        var table = Routes(tls, follows, declines);

        Assert.True(table.Find("a.example", "/tls")!.SslRedirect);
        Assert.True(table.Find("a.example", "/follows")!.SslRedirect);
        Assert.False(table.Find("a.example", "/declines")!.SslRedirect);
    }

    [Fact]
    public void The_redirect_ends_when_the_ingress_with_the_tls_entry_goes()
    {
        var tls = new IngressConfig { Name = Name("tls"), Tls = [new IngressTlsConfig(["a.example"], Name("cert"))] };
        var table = Routes(tls, Ingress("web", Rule("a.example", Prefix("/"))));

        Assert.True(table.Find("a.example", "/")!.SslRedirect);
        Assert.False(table.Apply([], [Name("tls")]).Find("a.example", "/")!.SslRedirect);
    }

    [Fact]
    public void Secrets_are_tried_by_age_and_those_of_other_hosts_last()
    {
        IngressConfig With(string name, int day, params IngressTlsConfig[] tls) => new()
        {
            Name = Name(name),
            Created = Day.AddDays(day),
            Rules = [Rule("a.example", Prefix("/"))],
            Tls = [.. tls],
        };
        var table = Routes(
            With("young", 2, new IngressTlsConfig(["a.example"], Name("young"))),
            With("old", 1, new IngressTlsConfig(["b.example"], Name("other")), new IngressTlsConfig(["a.example"], Name("old"))));

        Assert.Equal([Name("old"), Name("young"), Name("other")], table.CertificatesFor("a.example"));
    }

    [Fact]
    public void A_secret_named_twice_is_tried_once()
    {
        var table = Routes(new IngressConfig
        {
            Name = Name("web"),
            Tls = [new IngressTlsConfig(["a.example"], Name("cert")), new IngressTlsConfig(["a.example", "b.example"], Name("cert"))],
        });

        Assert.Equal([Name("cert")], table.CertificatesFor("a.example"));
    }

    [Fact]
    public void The_secrets_of_a_wildcard_are_tried_after_those_of_the_name()
    {
        // The only Secret known for a.example itself is for another host of the same Ingress, so the wildcard's must come up too.
        var named = new IngressConfig
        {
            Name = Name("named"),
            Rules = [Rule("a.example", Prefix("/")), Rule("b.other", Prefix("/"))],
            Tls = [new IngressTlsConfig(["b.other"], Name("other"))],
        };
        var wildcard = new IngressConfig
        {
            Name = Name("wildcard"),
            Rules = [Rule("*.example", Prefix("/"))],
            Tls = [new IngressTlsConfig(["*.example"], Name("star"))],
        };
        var table = Routes(named, wildcard);

        Assert.Equal([Name("other"), Name("star")], table.CertificatesFor("a.example"));
        Assert.Equal([Name("star")], table.CertificatesFor("c.example"));
        Assert.Empty(table.CertificatesFor("c.a.example"));
    }

    [Fact]
    public void A_route_names_its_ingress_host_and_path()
    {
        var table = Routes(Ingress("web", Rule("a.example", Prefix("/x")), Rule("", Prefix("/y"))));

        Assert.Equal("shop/web a.example/x", table.Find("a.example", "/x")!.ToString());
        Assert.Equal("shop/web */y", table.Find("", "/y")!.ToString());
    }
}
