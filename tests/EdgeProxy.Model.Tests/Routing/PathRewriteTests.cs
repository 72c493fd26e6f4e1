using System.Text;
using EdgeProxy.Model.Routing;
using EdgeProxy.Model.Tests.Support;
using static EdgeProxy.Model.Tests.Support.Objects;

namespace EdgeProxy.Model.Tests.Routing;

/// <summary>Rewrite mode; the numbers are those of the ingress-nginx behaviours it copies.</summary>
public sealed class PathRewriteTests
{
    [Theory]
    // P13: captures.
    [InlineData("/x(/|$)(.*)", "/$2", "/x", "/")]
    [InlineData("/x(/|$)(.*)", "/$2", "/x/", "/")]
    [InlineData("/x(/|$)(.*)", "/$2", "/x/a/b", "/a/b")]
    [InlineData("/x(/|$)(.*)", "/y/$2", "/x/a", "/y/a")]
    [InlineData("/(.*)", "/api/$1", "/a/b/", "/api/a/b/")]
    [InlineData("/(a)/(b)/(c)", "/$3/$2/$1", "/a/b/c", "/c/b/a")]
    [InlineData("/(a)", "/$1$1-$1", "/a", "/aa-a")]
    [InlineData("/(1)(2)(3)(4)(5)(6)(7)(8)(9)(x)", "/$9$10", "/123456789x", "/910")]
    // P13: a group that took no part, or is not there at all, is empty.
    [InlineData("/(a)|/(b)", "/[$1][$2]", "/b", "/%5B%5D%5Bb%5D")]
    [InlineData("/a", "/new/$1", "/a", "/new/")]
    [InlineData("/(a)", "/new/$7", "/a", "/new/")]
    // P13: without captures, the fixed text.
    [InlineData("/old", "/", "/old/a/b", "/")]
    [InlineData("/old", "/new", "/old", "/new")]
    [InlineData("/price", "/cost$", "/price", "/cost$")]
    [InlineData("/price", "/$a", "/price", "/$a")]
    // P14: the text behind the match is dropped.
    [InlineData("/x/(a+)", "/$1", "/x/aab/c", "/aa")]
    [InlineData("/x", "/y", "/xyz", "/y")]
    // P14: letters of either case.
    [InlineData("/API/(.*)", "/$1", "/api/Users", "/Users")]
    [InlineData("/api/(.*)", "/$1", "/API/Users", "/Users")]
    public void The_target_replaces_the_path(string rulePath, string target, string path, string expected) =>
        Assert.Equal(expected, Rewrite(rulePath, target, path));

    [Theory]
    [InlineData("/p/(.*)", "/index.php?path=$1", "/p/a/b", "/index.php?path=a/b")]
    [InlineData("/p/(.*)", "/i?p=$1&x=%20y", "/p/a&admin=1", "/i?p=a%26admin%3D1&x=%20y")]
    [InlineData("/p/(.*)", "/i?p=$1", "/p/100%#", "/i?p=100%25%23")]
    public void A_target_may_bring_a_query_of_its_own(string rulePath, string target, string path, string expected) =>
        Assert.Equal(expected, Rewrite(rulePath, target, path));

    [Fact]
    public void A_neighbours_path_that_is_no_pattern_stays_the_literal_path_it_was()
    {
        var neighbour = new IngressConfig { Name = Name("plain"), Rules = [Rule("a.example", Prefix("/a("))] };
        var routes = Routes(Rewriting("web", "/", "/b"), neighbour);

        Assert.Equal("plain", routes.Find("a.example", "/a(/x")!.Ingress.Name);
    }

    [Fact]
    public void A_result_that_is_no_path_gets_its_slash() => Assert.Equal("/a", Rewrite("/x/(.*)", "$1", "/x/a"));

    [Theory]
    [InlineData("/x/a%20b", "/a%20b")]
    [InlineData("/x/100%25", "/100%25")]
    [InlineData("/x/a%3Fb%23c", "/a%3Fb%23c")]
    [InlineData("/x/%C3%BC", "/%C3%BC")]
    [InlineData("/x/ü", "/%C3%BC")]
    [InlineData("/x/%ff", "/%FF")]
    [InlineData("/x/%0D%0AHost:%20evil", "/%0D%0AHost:%20evil")]
    [InlineData("/x/a;b=c,d@e:f!$&'()*+~_-.", "/a;b=c,d@e:f!$&'()*+~_-.")]
    [InlineData("/x/%22%3C%3E%5C%5E%60%7B%7C%7D%7F", "/%22%3C%3E%5C%5E%60%7B%7C%7D%7F")]
    public void What_a_path_may_not_hold_is_escaped_again(string target, string expected)
    {
        Assert.True(RequestPath.TryNormalize(target, out var path));

        Assert.Equal(expected, Rewrite("/x(/|$)((?s).*)", "/$2", path.ToString()));
    }

    [Theory]
    [InlineData("/größe", "/gr%C3%B6%C3%9Fe")]
    [InlineData("/€", "/%E2%82%AC")]
    [InlineData("/😀/$1", "/%F0%9F%98%80/b")]
    public void A_target_that_is_not_ASCII_is_sent_as_its_UTF_8_bytes(string target, string expected) =>
        Assert.Equal(expected, Rewrite("/a/(.*)", target, "/a/b"));

    [Theory]
    [InlineData("/über/(.*)", "/%C3%BCber/a", "/a")]
    [InlineData("/über/(.*)", "/über/a", "/a")]
    [InlineData("/€(.*)", "/%E2%82%AC5", "/5")]
    public void A_pattern_that_is_not_ASCII_matches_the_UTF_8_bytes_of_a_request(string rulePath, string target, string expected)
    {
        var routes = Routes(Rewriting("web", "/$1", rulePath));

        Assert.True(RequestPath.TryNormalize(target, out var path));

        Assert.Equal(expected, routes.Find("a.example", path)?.Rewrite?.Apply(path));
    }

    [Fact]
    public void Whatever_is_captured_the_result_is_printable_ASCII_without_query() =>
        Seeds.Check(2_000, random =>
        {
            var bytes = new byte[random.Next(1, 20)];
            random.NextBytes(bytes);

            // Ends in no line feed: the engine loses the group then (.NET 10, NonBacktracking, a dot that matches line feeds).
            var path = "/" + Encoding.Latin1.GetString(bytes).Replace('\0', 'x') + ".";

            var rewritten = Rewrite("/((?s).*)", "/$1", path);

            Assert.All(rewritten, c => Assert.True(char.IsAsciiLetterOrDigit(c) || "-._~!$&'()*+,;=:@/%".Contains(c, StringComparison.Ordinal), rewritten));
            Assert.Equal(path[1..], Encoding.Latin1.GetString(UnescapeBytes(rewritten[1..])));
        });

    [Theory]
    [InlineData("/(")]
    [InlineData("/[a")]
    [InlineData("/a{2,1}")]
    [InlineData("/a**")]
    [InlineData("/(?=a)")]
    [InlineData("/(?!a)")]
    [InlineData("/(?<!a)b")]
    [InlineData(@"/(a)\1")]
    [InlineData("/(?>a)")]
    [InlineData("/(a{1000}){1000}")]
    public void A_pattern_that_is_wrong_or_could_stall_the_proxy_is_refused(string rulePath)
    {
        Assert.False(PathRewrite.TryCompile(rulePath, out var pattern));
        Assert.Null(pattern);
    }

    [Fact]
    public void A_pattern_that_stalls_other_engines_is_answered()
    {
        // 2^40 steps for an engine that backtracks; this test then never ends.
        Assert.True(PathRewrite.TryCompile("/(a+)+$", out var pattern));

        Assert.DoesNotMatch(pattern!, "/" + new string('a', 4_000) + "b");
    }

    [Fact]
    public void One_rewriting_path_makes_patterns_of_all_paths_of_the_host()
    {
        var routes = Routes(
            Rewriting("rewriting", "/$1", "/x/(.*)"),
            Ingress("neighbour", Rule("a.example", Exact("/Users"), Prefix("/b.d"))));

        Assert.Equal("=/Users", routes.ServiceFor("a.example", "/users/1/x"));
        Assert.Equal("/b.d", routes.ServiceFor("a.example", "/bad"));
        Assert.Null(routes.Find("a.example", "/none"));
    }

    [Fact]
    public void Other_hosts_of_a_rewriting_ingress_are_patterns_too_and_hosts_of_others_are_not()
    {
        var rewriting = new IngressConfig
        {
            Name = Name("rewriting"),
            RewriteTarget = "/",
            Rules = [Rule("a.example", Prefix("/x")), Rule("b.example", Prefix("/x"))],
        };
        var routes = Routes(rewriting, Ingress("other", Rule("c.example", Prefix("/x"))));

        Assert.NotNull(routes.Find("b.example", "/Xyz"));
        Assert.Null(routes.Find("c.example", "/Xyz"));
    }

    [Fact]
    public void A_neighbour_of_a_rewriting_ingress_forwards_its_paths_as_they_are()
    {
        var routes = Routes(Rewriting("rewriting", "/$1", "/x/(.*)"), Ingress("neighbour", Rule("a.example", Prefix("/y"))));

        Assert.Null(routes.Find("a.example", "/y/z")!.Rewrite);
        Assert.NotNull(routes.Find("a.example", "/x/z")!.Rewrite);
    }

    [Fact]
    public void When_the_rewriting_ingress_goes_the_paths_of_its_neighbour_are_literal_again()
    {
        var routes = Routes(Rewriting("rewriting", "/$1", "/x/(.*)"), Ingress("neighbour", Rule("a.example", Prefix("/y"))));

        var next = routes.Apply([], [Name("rewriting")]);

        Assert.NotNull(routes.Find("a.example", "/yes"));
        Assert.Null(next.Find("a.example", "/yes"));
    }

    [Fact]
    public void The_longest_pattern_text_is_tried_first_whatever_it_matches()
    {
        var routes = Routes(Rewriting("web", "/", "/a/b/c", "/[a-z]/[a-z]", "/a"));

        Assert.Equal("/[a-z]/[a-z]", routes.ServiceFor("a.example", "/a/b/c"));
        Assert.Equal("/a", routes.ServiceFor("a.example", "/a"));
    }

    [Fact]
    public void Patterns_of_one_length_are_tried_in_descending_order_of_their_text()
    {
        var routes = Routes(Rewriting("web", "/", "/a.", "/ab", "/.b"));

        Assert.Equal("/ab", routes.ServiceFor("a.example", "/ab"));
        Assert.Equal("/a.", routes.ServiceFor("a.example", "/ac"));
        Assert.Equal("/.b", routes.ServiceFor("a.example", "/cb"));
    }

    [Fact]
    public void Equal_patterns_go_to_the_oldest_ingress()
    {
        IngressConfig Claim(string name, int day) => new()
        {
            Name = Name(name),
            Created = Day.AddDays(day),
            RewriteTarget = "/",
            Rules = [Rule("a.example", new IngressPathConfig("/x", PathType.Prefix, To(name)))],
        };

        Assert.Equal("old", Routes(Claim("new", 2), Claim("old", 1)).ServiceFor("a.example", "/x"));
    }

    [Fact]
    public void A_target_equal_to_the_path_neither_rewrites_nor_makes_patterns()
    {
        var routes = Routes(Rewriting("web", "/", "/"), Ingress("neighbour", Rule("a.example", Prefix("/x"))));

        Assert.Null(routes.Find("a.example", "/a/b")!.Rewrite);
        Assert.Equal("/", routes.ServiceFor("a.example", "/xyz"));
    }

    [Fact]
    public void A_path_equal_to_the_target_stays_unrewritten_beside_one_that_is_rewritten()
    {
        var routes = Routes(Rewriting("web", "/new", "/new", "/old"));

        Assert.Null(routes.Find("a.example", "/new/a")!.Rewrite);
        Assert.Equal("/new", routes.Find("a.example", "/old/a")!.Rewrite!.Apply("/old/a"));
    }

    [Fact]
    public void A_path_that_is_no_pattern_is_left_out_and_the_others_stay()
    {
        var routes = Routes(Rewriting("web", "/", "/a(", "/b"));

        Assert.Null(routes.Find("a.example", "/a("));
        Assert.Equal("/b", routes.ServiceFor("a.example", "/b"));
    }

    [Fact]
    public void The_default_backend_of_a_host_with_patterns_is_not_rewritten()
    {
        var web = new IngressConfig
        {
            Name = Name("web"),
            RewriteTarget = "/",
            DefaultBackend = To("default"),
            Rules = [Rule("a.example", Prefix("/x"))],
        };

        var route = Routes(web).Find("a.example", "/y")!;

        Assert.Equal("default", route.Backend!.Service.Name);
        Assert.Null(route.Rewrite);
    }

    [Fact]
    public void A_closed_ingress_stays_closed_when_it_rewrites()
    {
        var closed = new IngressConfig { Name = Name("closed"), IsClosed = true, RewriteTarget = "/", Rules = [Rule("a.example", Prefix("/x"))] };

        Assert.Null(Assert.IsType<Route>(Routes(closed).Find("a.example", "/x")).Backend);
    }

    private static IngressConfig Rewriting(string name, string target, params string[] paths) => new()
    {
        Name = Name(name),
        RewriteTarget = target,
        Rules = [Rule("a.example", [.. paths.Select(Prefix)])],
    };

    private static string Rewrite(string rulePath, string target, string path)
    {
        Assert.True(PathRewrite.TryCompile(rulePath, out var pattern));
        return new PathRewrite(pattern!, target).Apply(path);
    }

    private static byte[] UnescapeBytes(string text)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%')
            {
                bytes.Add(Convert.FromHexString(text.AsSpan(i + 1, 2))[0]);
                i += 2;
            }
            else
            {
                bytes.Add((byte)text[i]);
            }
        }

        return [.. bytes];
    }
}
