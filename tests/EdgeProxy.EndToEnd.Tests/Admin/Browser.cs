using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace EdgeProxy.EndToEnd.Tests.Admin;

/// <summary>A real Chromium without a window, and everything its pages complained about. Owns the browser.</summary>
/// <remarks>
/// <c>EDGEPROXY_TEST_CHROMIUM</c> names another one than <c>/usr/bin/chromium</c>; without any, the tests are skipped and say so. With
/// <c>EDGEPROXY_TEST_SCREENSHOTS=DIR</c> pictures of the pages are left there, for somebody to look at.
/// </remarks>
internal sealed class Browser : IAsyncDisposable
{
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Browser(IPlaywright playwright, IBrowser browser)
    {
        _playwright = playwright;
        _browser = browser;
    }

    /// <summary>Errors of scripts and of the console, violations of the content security policy, and requests to anywhere but the page's own server.</summary>
    public ConcurrentQueue<string> Complaints { get; } = new();

    public static async Task<Browser> StartAsync()
    {
        var path = Environment.GetEnvironmentVariable("EDGEPROXY_TEST_CHROMIUM") ?? "/usr/bin/chromium";
        Assert.SkipUnless(File.Exists(path), $"{path} is not installed (Debian: apt-get install chromium), and EDGEPROXY_TEST_CHROMIUM names no other");
        var playwright = await Playwright.CreateAsync();

        // A container's root has no user namespaces to sandbox in, and often a small /dev/shm.
        var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = path, Args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] });
        return new Browser(playwright, browser);
    }

    /// <summary>Opens the admin page.</summary>
    public async Task<IPage> OpenAsync(EdgeProxyProcess proxy, BrowserNewContextOptions? options = null)
    {
        var context = await _browser.NewContextAsync(options ?? new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1280, Height = 900 } });
        context.SetDefaultTimeout(30_000);
        var page = await context.NewPageAsync();
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                Complaints.Enqueue($"console {message.Type}: {message.Text}");
            }
        };
        page.PageError += (_, error) => Complaints.Enqueue($"script: {error}");
        page.Dialog += (_, dialog) => Complaints.Enqueue($"dialog: {dialog.Message}");
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith($"http://127.0.0.1:{proxy.AdminPort}/", StringComparison.Ordinal))
            {
                Complaints.Enqueue($"request to {request.Url}");
            }
        };
        await page.GotoAsync($"http://127.0.0.1:{proxy.AdminPort}/");
        return page;
    }

    /// <summary>Leaves a picture, where they are wanted.</summary>
    public static async Task PictureAsync(IPage page, string name, bool wholePage = true)
    {
        if (Environment.GetEnvironmentVariable("EDGEPROXY_TEST_SCREENSHOTS") is { Length: > 0 } folder)
        {
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"{name}.png"), FullPage = wholePage });
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
