using System.Globalization;
using System.Text;
using EdgeProxy.Model.Routing;
using EdgeProxy.Model.Tests.Support;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeProxy.Model.Tests.Routing;

public sealed class RequestPathTests
{
    // What requests are made of when somebody looks for a gap: separators, dots, escapes of both, halves of escapes, text that is not ASCII.
    private static readonly string[] Pieces =
    [
        "/", "/", "/", "//", ".", "..", "...", "a", "b", "%2e", "%2E", "%2f", "%2F", "%61", "%25", "%2", "%", "%zz", "%00", "\0", "%C3%BC", "ü",
        "%FF", "%c0%af", "\\", "?", "#", "%3F", "%23", ";", ":", "://", "http://", " ", "\u007F", "\u0001", "\uD83D", "😀", "+",
    ];

    [Theory]
    // Where the path begins and ends.
    [InlineData("", "/")]
    [InlineData("/", "/")]
    [InlineData("/a", "/a")]
    [InlineData("/a/", "/a/")]
    [InlineData("?q=1", "/")]
    [InlineData("/a?q=/../b", "/a")]
    [InlineData("/a#f", "/a")]
    [InlineData("/a?x#f", "/a")]
    [InlineData("/a#f?x", "/a")]
    [InlineData("/a%3Fb", "/a?b")]
    [InlineData("/a%23b", "/a#b")]
    [InlineData("a/b", "/a/b")]
    // Absolute form.
    [InlineData("http://shop.example", "/")]
    [InlineData("http://shop.example/", "/")]
    [InlineData("http://shop.example/a/b?q", "/a/b")]
    [InlineData("https://shop.example:8443/a", "/a")]
    [InlineData("HTTP://SHOP.EXAMPLE/A", "/A")]
    [InlineData("http://shop.example?q=/a", "/")]
    [InlineData("http://shop.example#f", "/")]
    [InlineData("http://shop.example//a/../b", "/b")]
    [InlineData("http://[::1]:80/a", "/a")]
    [InlineData("http://user:pass@shop.example/a", "/a")]
    [InlineData("/http://shop.example/a", "/http:/shop.example/a")]
    [InlineData("/a?u=http://shop.example/b", "/a")]
    // Runs of slashes.
    [InlineData("//", "/")]
    [InlineData("//a", "/a")]
    [InlineData("/a//b", "/a/b")]
    [InlineData("/a///b//", "/a/b/")]
    [InlineData("/a%2F%2fb", "/a/b")]
    [InlineData("/a/%2F/b", "/a/b")]
    // Dot segments.
    [InlineData("/.", "/")]
    [InlineData("/..", "/")]
    [InlineData("/./a", "/a")]
    [InlineData("/a/.", "/a/")]
    [InlineData("/a/./", "/a/")]
    [InlineData("/a/..", "/")]
    [InlineData("/a/../", "/")]
    [InlineData("/a/b/..", "/a/")]
    [InlineData("/a/b/../c", "/a/c")]
    [InlineData("/a/b/../../c", "/c")]
    [InlineData("/../../a", "/a")]
    [InlineData("/a/../../../b", "/b")]
    [InlineData("/a//../b", "/b")]
    [InlineData("/%2e%2E/a", "/a")]
    [InlineData("/a/%2e./b", "/b")]
    [InlineData("/a%2F..%2Fb", "/b")]
    [InlineData("/admin/..%2fadmin", "/admin")]
    [InlineData("/...", "/...")]
    [InlineData("/.hidden", "/.hidden")]
    [InlineData("/a./b", "/a./b")]
    [InlineData("/..a/b", "/..a/b")]
    [InlineData("/a/..;/b", "/a/..;/b")]
    [InlineData("/a\\..\\b", "/a\\..\\b")]
    // Escapes are decoded once.
    [InlineData("/%61%62", "/ab")]
    [InlineData("/%41", "/A")]
    [InlineData("/a%20b", "/a b")]
    [InlineData("/a+b", "/a+b")]
    [InlineData("/%2561", "/%61")]
    [InlineData("/%252e%252e/a", "/%2e%2e/a")]
    [InlineData("/a%0Ab", "/a\nb")]
    // Bytes, one per char, UTF-8 or not.
    [InlineData("/%C3%BC", "/\u00C3\u00BC")]
    [InlineData("/ü", "/\u00C3\u00BC")]
    [InlineData("/%FF", "/\u00FF")]
    [InlineData("/%c0%af", "/\u00C0\u00AF")]
    [InlineData("/%C3", "/\u00C3")]
    [InlineData("/😀", "/\u00F0\u009F\u0098\u0080")]
    public void A_target_has_one_form_that_is_matched(string target, string expected)
    {
        Assert.True(RequestPath.TryNormalize(target, out var path));
        Assert.Equal(expected, path.ToString());
    }

    [Theory]
    [InlineData("/%")]
    [InlineData("/a%")]
    [InlineData("/a%2")]
    [InlineData("/%zz")]
    [InlineData("/%2g")]
    [InlineData("/%g2")]
    [InlineData("/% 2")]
    [InlineData("/%%41")]
    [InlineData("/%+1")]
    [InlineData("/%u0041")]
    [InlineData("/%00")]
    [InlineData("/a%00b")]
    [InlineData("/a\0b")]
    [InlineData("http://shop.example/%")]
    public void Malformed_escapes_and_NUL_are_refused(string target)
    {
        Assert.False(RequestPath.TryNormalize(target, out var path));
        Assert.True(path.IsEmpty);
    }

    [Theory]
    [InlineData("/a?%")]
    [InlineData("/a#%zz")]
    [InlineData("/a?\0")]
    public void What_is_wrong_behind_the_path_does_not_matter(string target) => Assert.True(RequestPath.TryNormalize(target, out _));

    [Fact]
    public void A_plain_path_is_not_copied()
    {
        const string Target = "/shop/basket?item=1";

        Assert.True(RequestPath.TryNormalize(Target, out var path));

        Assert.True(path.Overlaps(Target));
        Assert.Equal("/shop/basket", path.ToString());
    }

    [Fact]
    public void Any_soup_of_separators_dots_and_escapes_comes_out_clean() =>
        Seeds.Check(20_000, random =>
        {
            var target = Soup(random);

            if (RequestPath.TryNormalize(target, out var path))
            {
                AssertNormal(target, path.ToString());
            }
        });

    [Fact]
    public void Any_text_at_all_is_read_or_refused_without_an_exception() =>
        Prop.ForAll<string?>(text =>
        {
            if (RequestPath.TryNormalize(text, out var path))
            {
                AssertNormal(text ?? "", path.ToString());
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_soup_has_the_form_the_rules_give_it() =>
        Seeds.Check(20_000, random =>
        {
            var origin = "/" + Soup(random);

            var accepted = RequestPath.TryNormalize(origin, out var path);

            Assert.Equal(Reference(origin), accepted ? path.ToString() : null);
        });

    [Fact]
    public void The_normal_form_escaped_again_is_its_own_normal_form() =>
        Seeds.Check(10_000, random =>
        {
            if (!RequestPath.TryNormalize(Soup(random), out var path))
            {
                return;
            }

            var normal = path.ToString();

            Assert.True(RequestPath.TryNormalize(EscapeAll(normal), out var again));
            Assert.Equal(normal, again.ToString());
        });

    [Fact]
    public void A_path_that_needs_no_copy_is_what_the_long_way_makes_of_it() =>
        Seeds.Check(5_000, random =>
        {
            var plain = new StringBuilder();
            for (var i = random.Next(6); i >= 0; i--)
            {
                plain.Append('/').Append(random.OneOf(["a", "b.c", "~x", "d;e=f", "g:h", "@", "A", "x..", "1+2", "\u0001", "\u007F"]));
            }

            plain.Append(random.Chance(0.3) ? "/" : "");
            var target = plain.ToString();

            Assert.True(RequestPath.TryNormalize(target, out var quick));
            Assert.True(quick.Overlaps(target));
            Assert.True(RequestPath.TryNormalize(EscapeAll(target), out var slow));
            Assert.Equal(slow.ToString(), quick.ToString());
        });

    [Theory]
    [InlineData("/a%20b", "/a b")]
    [InlineData("/%C3%BC", "/\u00C3\u00BC")]
    [InlineData("/ü", "/\u00C3\u00BC")]
    [InlineData("/a%2Fb", "/a/b")]
    [InlineData("/100%", "/100%")]
    [InlineData("/%zz%41", "/%zz%41")]
    [InlineData("/a//b/", "/a//b/")]
    public void A_rule_path_is_decoded_once_and_left_as_it_is_when_malformed(string path, string expected) =>
        Assert.Equal(expected, RequestPath.DecodeRule(path));

    [Fact]
    public void Many_steps_back_up_cost_memory_in_proportion_to_the_target()
    {
        // 8 KiB is the longest request line Kestrel reads; a copy of the path at each ".." would make megabytes of garbage out of it.
        var target = string.Concat(Enumerable.Repeat("/a", 1_600)) + string.Concat(Enumerable.Repeat("/..", 1_600));
        RequestPath.TryNormalize(target, out _);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(RequestPath.TryNormalize(target, out _));
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(allocated, 0, 16 * target.Length);
    }

    private static string Soup(Random random)
    {
        var target = new StringBuilder();
        for (var i = random.Next(12); i > 0; i--)
        {
            target.Append(random.OneOf(Pieces));
        }

        return target.ToString();
    }

    private static void AssertNormal(string target, string path)
    {
        Assert.True(path.StartsWith('/'), $"'{target}' became '{path}'");
        Assert.DoesNotContain("//", path, StringComparison.Ordinal);
        Assert.DoesNotContain('\0', path);
        Assert.All(path.Split('/'), segment => Assert.False(segment is "." or "..", $"'{target}' became '{path}'"));
        Assert.All(path, c => Assert.InRange(c, '\u0001', '\u00FF'));
    }

    private static string EscapeAll(string normal) => string.Concat(normal.Select(c =>
        c == '/' ? "/" : string.Create(CultureInfo.InvariantCulture, $"%{(int)c:X2}")));

    /// <summary>Rule 3, step by step: cut, decode to bytes, then walk over the segments with a stack. Null: refused.</summary>
    private static string? Reference(string originForm)
    {
        var path = originForm.Split('?', '#')[0];
        var utf8 = Encoding.UTF8.GetBytes(path);
        var bytes = new List<byte>();
        for (var i = 0; i < utf8.Length; i++)
        {
            if (utf8[i] != '%')
            {
                bytes.Add(utf8[i]);
                continue;
            }

            var hex = Encoding.Latin1.GetString(utf8.Skip(i + 1).Take(2).ToArray());
            if (hex.Length < 2 || !hex.All(char.IsAsciiHexDigit))
            {
                return null;
            }

            bytes.Add(byte.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            i += 2;
        }

        if (bytes.Contains(0))
        {
            return null;
        }

        var segments = Encoding.Latin1.GetString([.. bytes]).Split('/');
        var kept = new List<string>();
        foreach (var segment in segments)
        {
            if (segment == "..")
            {
                kept = kept.SkipLast(1).ToList();
            }
            else if (segment is not ("" or "."))
            {
                kept.Add(segment);
            }
        }

        var slash = kept.Count > 0 && segments[^1] is "" or "." or ".." ? "/" : "";
        return kept.Count == 0 ? "/" : "/" + string.Join('/', kept) + slash;
    }
}
