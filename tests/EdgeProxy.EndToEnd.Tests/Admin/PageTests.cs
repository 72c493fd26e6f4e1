using System.Net;
using System.Text.RegularExpressions;
using EdgeProxy.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EdgeProxy.EndToEnd.Tests.Admin;

/// <summary>The web page of the admin port, in a real browser.</summary>
public sealed class PageTests
{
    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task It_shows_the_samples_what_is_wrong_and_what_passes()
    {
        await using var browser = await Browser.StartAsync();
        using var folder = new ManifestFolder();
        folder.Write("wrong.yaml", ManifestFolder.Ingress("late", "first.bar.com", "second") + "\n---\n" + ManifestFolder.Ingress("lost", "lost.bar.com", "gone"));
        await using var proxy = await EdgeProxyProcess.StartAsync("demo", Path.Combine(TestCases.RepositoryRoot, "config", "samples"), folder.Path);
        using var client = new HttpClient();
        var page = await browser.OpenAsync(proxy);

        await Expect(page.Locator("#ready")).ToHaveTextAsync("ready");
        await Expect(page.Locator("#services > li").First).ToBeVisibleAsync();
        await Expect(page.Locator("#routes > tr").First).ToBeVisibleAsync();
        await Expect(page.Locator("#certificates")).ToContainTextAsync("days left");
        var services = await page.Locator("#services .name").AllInnerTextsAsync();
        Assert.Contains(services, name => name.Contains("default/", StringComparison.Ordinal));

        // Somebody asks, again and again: requests, rates and a latency appear beside the route, without the page being loaded again.
        await page.EvaluateAsync("() => { globalThis.stillTheSame = true; }");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Deadline);
        var asking = AskAsync(client, proxy.HttpPort, stop.Token);
        var busy = page.Locator("#routes > tr").Filter(new LocatorFilterOptions { HasText = " ms" }).First;
        await Expect(busy).ToBeVisibleAsync();
        await Expect(busy.Locator("svg path.spark")).ToHaveAttributeAsync("d", new Regex("M.*L", RegexOptions.None, TimeSpan.FromSeconds(1)));
        await Expect(page.Locator(".tile").Filter(new LocatorFilterOptions { HasText = "Requests" }).Locator(".value")).Not.ToHaveTextAsync("0/s");
        await Browser.PictureAsync(page, "light");
        await page.SetViewportSizeAsync(1100, 860);
        await Browser.PictureAsync(page, "docs", wholePage: false);
        await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Dark });
        await Browser.PictureAsync(page, "dark");
        Assert.True(await page.EvaluateAsync<bool>("() => globalThis.stillTheSame"));
        await stop.CancelAsync();
        await asking;
        Assert.Empty(browser.Complaints);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_new_manifest_appears_without_a_reload_and_what_is_wrong_comes_first()
    {
        await using var browser = await Browser.StartAsync();
        await using var backend = await TestBackend.StartAsync("web");
        using var folder = new ManifestFolder();
        folder.Write("a.yaml", ManifestFolder.Service("first", EdgeProxyProcess.FreePort(), backend.Port));
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--node-ip", "127.0.0.1");
        var page = await browser.OpenAsync(proxy);
        await Expect(page.GetByText("default/first")).ToBeVisibleAsync();
        await Expect(page.Locator("#no-problems")).ToBeVisibleAsync();

        folder.Write("b.yaml", ManifestFolder.Service("second", EdgeProxyProcess.FreePort(), backend.Port));
        await Expect(page.GetByText("default/second")).ToBeVisibleAsync();

        folder.Write("c.yaml", ManifestFolder.Ingress("one", "x.example.com", "first"));
        await Expect(page.Locator("#routes")).ToContainTextAsync("http://x.example.com/");
        folder.Write("d.yaml", ManifestFolder.Ingress("two", "x.example.com", "second") + "\n---\n" + ManifestFolder.Ingress("lost", "lost.example.com", "gone"));
        await Expect(page.Locator("#problems")).ToContainTextAsync("is never reached");
        await Expect(page.Locator("#problems")).ToContainTextAsync("Ingress default/lost");
        await Expect(page.Locator("#routes > tr").First).ToContainTextAsync("no Service");
        await Expect(page.Locator("#no-problems")).ToBeHiddenAsync();
        var problems = await page.Locator("#problems-title").BoundingBoxAsync();
        var services = await page.Locator("#services-title").BoundingBoxAsync();
        Assert.True(problems!.Y < services!.Y);
        await Browser.PictureAsync(page, "problems");
        Assert.Empty(browser.Complaints);
    }

    [Fact(Timeout = 180_000)]
    public async Task Markup_in_an_object_stays_text()
    {
        const string Evil = "<script>globalThis.owned = true</script><img src=x onerror=\\\"globalThis.owned = true\\\">";
        await using var browser = await Browser.StartAsync();
        await using var backend = await TestBackend.StartAsync("web");
        using var folder = new ManifestFolder();
        folder.Write("web.yaml", ManifestFolder.Service("web", EdgeProxyProcess.FreePort(), backend.Port));
        folder.Write("evil.yaml", $$"""
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              name: evil
              annotations:
                nginx.ingress.kubernetes.io/rewrite-target: "{{Evil}}"
                nginx.ingress.kubernetes.io/proxy-body-size: "{{Evil}}"
            spec:
              ingressClassName: edgeproxy
              rules:
              - host: evil.example.com
                http:
                  paths:
                  - path: "/{{Evil}}"
                    pathType: ImplementationSpecific
                    backend: {service: {name: web, port: {number: 80} } }
            """);
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--node-ip", "127.0.0.1");
        var page = await browser.OpenAsync(proxy);

        await Expect(page.Locator("#problems")).ToContainTextAsync("<script>globalThis.owned");
        await page.Locator("#url").FillAsync("http://evil.example.com/<script>globalThis.owned=true</script>");
        await page.Locator("#explain button").ClickAsync();
        await Expect(page.Locator("#explanation")).ToContainTextAsync("<script>");
        Assert.False(await page.EvaluateAsync<bool>("() => 'owned' in globalThis"));
        Assert.Equal(1, await page.Locator("script").CountAsync());
        Assert.Equal(1, await page.Locator("img").CountAsync());
        Assert.Empty(browser.Complaints);
    }

    [Fact(Timeout = 180_000)]
    public async Task The_explain_box_says_where_a_request_goes_and_why()
    {
        await using var browser = await Browser.StartAsync();
        await using var proxy = await EdgeProxyProcess.StartAsync("demo");
        var page = await browser.OpenAsync(proxy);
        var rule = page.Locator("#routes > tr").Filter(new LocatorFilterOptions { HasText = "forwards" }).First.Locator("td .mono");
        var url = (await rule.InnerTextAsync()).Replace("*", "anything.example.com", StringComparison.Ordinal);

        await page.Locator("#url").FillAsync(url);
        await page.Locator("#url").PressAsync("Enter");

        await Expect(page.Locator("#explanation .badge")).ToHaveTextAsync("forwarded");
        await Expect(page.Locator("#explanation")).ToContainTextAsync("→");
        await page.Locator("#url").FillAsync("http://nobody.invalid/");
        await page.Locator("#url").PressAsync("Enter");
        await Expect(page.Locator("#explanation")).ToContainTextAsync("nobody.invalid");
        await Browser.PictureAsync(page, "explain");
        Assert.Empty(browser.Complaints);
    }

    [Fact(Timeout = 180_000)]
    public async Task On_a_phone_nothing_has_to_be_scrolled_sideways()
    {
        await using var browser = await Browser.StartAsync();
        await using var proxy = await EdgeProxyProcess.StartAsync("demo");
        var page = await browser.OpenAsync(proxy, new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 360, Height = 740 }, HasTouch = true, IsMobile = true });
        await Expect(page.Locator("#certificates")).ToContainTextAsync("left");
        await page.Locator("#services summary").First.ClickAsync();
        await Expect(page.Locator("#services details[open] tbody tr").First).ToBeVisibleAsync();

        Assert.Equal(360, await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
        await Browser.PictureAsync(page, "phone", wholePage: false);
        await page.Locator("#services-title").EvaluateAsync("title => title.scrollIntoView()");
        await Browser.PictureAsync(page, "phone-services", wholePage: false);
        await page.Locator("#routes-title").EvaluateAsync("title => title.scrollIntoView()");
        await Browser.PictureAsync(page, "phone-routes", wholePage: false);
        Assert.Empty(browser.Complaints);
    }

    [Fact(Timeout = 180_000)]
    public async Task The_keyboard_reaches_everything_and_everything_has_a_name()
    {
        await using var browser = await Browser.StartAsync();
        await using var proxy = await EdgeProxyProcess.StartAsync("demo");
        var page = await browser.OpenAsync(proxy);
        await Expect(page.Locator("#certificates")).ToContainTextAsync("left");

        await page.Keyboard.PressAsync("/");
        await Expect(page.Locator("#search")).ToBeFocusedAsync();
        var wanted = await page.Locator("a:visible, input:visible, select:visible, button:visible, summary:visible").EvaluateAllAsync<int>("all => all.length");
        await page.Locator("body").EvaluateAsync("body => { document.activeElement.blur(); globalThis.reached = new Set(); document.addEventListener('focusin', event => globalThis.reached.add(event.target)); }");
        for (var i = 0; i < wanted + 10; i++)
        {
            await page.Keyboard.PressAsync("Tab");
        }

        var reached = await page.EvaluateAsync<int>("() => [...globalThis.reached].filter(each => each.matches('a, input, select, button, summary')).length");
        Assert.True(reached >= wanted - 1, $"{reached} of {wanted}");

        // A Service is folded open by the keyboard alone, and stays so while the page looks again.
        await page.Locator("#services summary").First.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#services details[open] tbody tr").First).ToBeVisibleAsync();
        await page.WaitForResponseAsync(response => response.Url.EndsWith("/api/v1/status", StringComparison.Ordinal));
        await page.WaitForResponseAsync(response => response.Url.EndsWith("/api/v1/status", StringComparison.Ordinal));
        await Expect(page.Locator("#services details[open]")).ToHaveCountAsync(1);
        await Expect(page.Locator("#services summary").First).ToBeFocusedAsync();

        var nameless = await page.EvaluateAsync<string[]>("""
            () => [...document.querySelectorAll('button, a, input:not([hidden]), select, summary')].filter(each => each.checkVisibility())
                .filter(each => !(each.textContent.trim() || each.getAttribute('aria-label') || each.labels?.length)).map(each => each.outerHTML)
            """);
        Assert.Empty(nameless);
        Assert.Empty(browser.Complaints);
    }

    [Fact(Timeout = 180_000)]
    public async Task Ten_thousand_Services_do_not_freeze_it()
    {
        await using var browser = await Browser.StartAsync();
        using var folder = new ManifestFolder();
        folder.Write("many.yaml", string.Join("\n---\n", Enumerable.Range(0, 10_000).Select(i => $$$"""{"apiVersion":"v1","kind":"Service","metadata":{"name":"s{{{i:00000}}}"},"spec":{"ports":[{"port":8080}]}}""")));
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--node-ip", "127.0.0.1");
        var page = await browser.OpenAsync(proxy);

        await Expect(page.Locator("#services-count")).ToHaveTextAsync("10.0k");
        Assert.InRange(await page.Locator("#services > li").CountAsync(), 1, 25);
        await page.Locator("#services-more").ClickAsync();
        await Expect(page.Locator("#services > li")).ToHaveCountAsync(50);
        await page.Locator("#search").FillAsync("s0123");
        await Expect(page.Locator("#services-count")).ToHaveTextAsync("10 match");
        await Expect(page.Locator("#services > li")).ToHaveCountAsync(10);
        Assert.Empty(browser.Complaints);
    }

    [Fact(Timeout = 180_000)]
    public async Task An_endpoint_is_drained_from_the_page_and_a_token_is_asked_for_once()
    {
        await using var browser = await Browser.StartAsync();
        await using var backend = await TestBackend.StartAsync("web");
        using var folder = new ManifestFolder();
        using var secrets = new ManifestFolder();
        secrets.Write("token", "correct-horse-battery-staple\n");
        folder.Write("web.yaml", ManifestFolder.Service("web", EdgeProxyProcess.FreePort(), backend.Port));
        await using var proxy = await EdgeProxyProcess.StartAsync(
            "run", "--manifests", folder.Path, "--node-ip", "127.0.0.1", "--admin-token-file", Path.Combine(secrets.Path, "token"));
        var page = await browser.OpenAsync(proxy);

        await page.Locator("#token").FillAsync("wrong-wrong-wrong-wrong");
        await page.Locator("#token").PressAsync("Enter");
        await Expect(page.Locator("#refused")).ToHaveTextAsync("That is not the token.");
        await page.Locator("#token").FillAsync("correct-horse-battery-staple");
        await page.Locator("#token").PressAsync("Enter");
        await page.Locator("#services summary").First.ClickAsync();
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Drain 127.0.0.1" }).ClickAsync();

        await Expect(page.Locator("#problems")).ToContainTextAsync("gets nothing new");
        await Expect(page.Locator("#services details[open] tbody")).ToContainTextAsync("drained");
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Undrain 127.0.0.1" }).ClickAsync();
        await Expect(page.Locator("#services details[open] tbody")).ToContainTextAsync("ready");
        await page.ReloadAsync();
        await Expect(page.Locator("#ready")).ToHaveTextAsync("ready");
        Assert.All(browser.Complaints, complaint => Assert.Contains("401", complaint, StringComparison.Ordinal));
    }

    private static async Task AskAsync(HttpClient client, int port, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}/foo") { Headers = { Host = "foo.bar.com" } };
                using var answer = await client.SendAsync(request, stop);
                Assert.NotEqual(HttpStatusCode.InternalServerError, answer.StatusCode);
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, stop);
            }
        }
        catch (OperationCanceledException)
        {
            // The page has seen enough.
        }
    }
}
