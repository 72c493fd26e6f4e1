using System.Buffers;
using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Demo.Guide;

/// <summary>How to reach an Ingress: one line a host, with its first path; the other paths as a shell comment.</summary>
internal static class IngressHints
{
    private const int MaxOtherPaths = 3;

    // Where a path stops being literal, should it be a regular expression or a glob.
    private static readonly SearchValues<char> PatternStart = SearchValues.Create("([{*?+^$|\\");

    public static IEnumerable<Hint> Of(Ingress ingress, string label, int httpPort, int? httpsPort)
    {
        var rules = (ingress.Spec.Rules ?? []).Where(rule => rule.Http?.Paths is { Count: > 0 }).ToList();
        if (rules.Count == 0 && ingress.Spec.DefaultBackend is not null)
        {
            yield return new Hint(label, Curl(host: null, "/", tls: false, httpPort));
        }

        foreach (var rule in rules.GroupBy(rule => rule.Host ?? "", StringComparer.OrdinalIgnoreCase))
        {
            var host = rule.Key.StartsWith("*.", StringComparison.Ordinal) ? $"any{rule.Key[1..]}" : rule.Key;
            var paths = rule.SelectMany(part => part.Http!.Paths!)
                .Select(path => Shell.Printable(LiteralPart(path.Path)))
                .Distinct(StringComparer.Ordinal)
                .ToList();
            var tls = httpsPort is not null && host.Length > 0 && HasCertificate(ingress, rule.Key);
            yield return new Hint(label, Curl(host, paths[0], tls, tls ? httpsPort.GetValueOrDefault() : httpPort) + Others(paths));
        }
    }

    private static string Curl(string? host, string path, bool tls, int port)
    {
        if (string.IsNullOrEmpty(host))
        {
            return $"curl {Shell.Word($"http://127.0.0.1:{port}{path}")}";
        }

        return tls
            ? $"curl -k --resolve {Shell.Word($"{host}:{port}:127.0.0.1")} {Shell.Word($"https://{host}:{port}{path}")}"
            : $"curl -H {Shell.Word($"Host: {host}")} {Shell.Word($"http://127.0.0.1:{port}{path}")}";
    }

    private static string Others(List<string> paths) => paths.Count switch
    {
        1 => "",
        <= MaxOtherPaths + 1 => $"  # or {string.Join(", ", paths.Skip(1))}",
        _ => $"  # or {string.Join(", ", paths.Skip(1).Take(MaxOtherPaths))} …",
    };

    private static string LiteralPart(string? path)
    {
        if (string.IsNullOrEmpty(path))
        {
            return "/";
        }

        var end = path.AsSpan().IndexOfAny(PatternStart);
        var literal = end < 0 ? path : path[..end];
        return literal.StartsWith('/') ? literal : "/";
    }

    private static bool HasCertificate(Ingress ingress, string host) => (ingress.Spec.Tls ?? [])
        .Any(tls => tls.Hosts is not { Count: > 0 } hosts || hosts.Contains(host, StringComparer.OrdinalIgnoreCase));
}
