using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Admin;

/// <summary>The web page: one HTML, one style sheet, one script, embedded. It holds nothing itself; what it shows it asks the API for.</summary>
internal static class AdminPage
{
    // Nothing from elsewhere, nothing inline, no frames, no forms that go anywhere: what an object's name or annotation holds stays text.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        + "require-trusted-types-for 'script'; trusted-types 'none'";

    private static readonly FrozenDictionary<string, (string Type, byte[] Content)> Files = new Dictionary<string, (string, byte[])>(StringComparer.Ordinal)
    {
        ["/"] = ("text/html; charset=utf-8", Read("index.html")),
        ["/page.css"] = ("text/css; charset=utf-8", Read("page.css")),
        ["/page.js"] = ("text/javascript; charset=utf-8", Read("page.js")),
        ["/icon.svg"] = ("image/svg+xml", Read("icon.svg")),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>True for a path of the page.</summary>
    public static bool Has(string? path) => path is not null && Files.ContainsKey(path);

    /// <summary>Answers with a part of the page; to be called for a path it has.</summary>
    public static Task AnswerAsync(HttpContext context)
    {
        var (type, content) = Files[context.Request.Path.Value!]; // the caller asked
        var response = context.Response;
        response.ContentType = type;
        response.ContentLength = content.Length;
        response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        response.Headers.XFrameOptions = "DENY";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(content, context.RequestAborted).AsTask();
    }

    private static byte[] Read(string name)
    {
        using var resource = typeof(AdminPage).Assembly.GetManifestResourceStream($"page/{name}")!; // embedded by the project
        var content = new byte[resource.Length];
        resource.ReadExactly(content);
        return content;
    }
}
