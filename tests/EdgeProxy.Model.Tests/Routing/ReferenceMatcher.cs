using System.Text.RegularExpressions;
using EdgeProxy.Model.Routing;

namespace EdgeProxy.Model.Tests.Routing;

/// <summary>
/// The rules for choosing a path, written down one after the other with no thought of speed: every claim of every Ingress is looked at, the
/// matching ones are sorted, the first is the answer. The rules are in tests/cases/ingress-paths.
/// </summary>
internal static class ReferenceMatcher
{
    /// <summary>What stands for a path that is there but has no Service: 503.</summary>
    public const string Closed = "closed";

    /// <summary>The Service that gets the request, <see cref="Closed"/>, or null for 404.</summary>
    public static string? Find(IReadOnlyCollection<IngressConfig> ingresses, string host, string path)
    {
        var group = Groups(host).Cast<string?>().FirstOrDefault(name => ingresses.Any(ingress => HasRule(ingress, name!)));
        var claimants = OldestFirst(ingresses.Where(ingress => group is not null && HasRule(ingress, group))).ToList();

        return ByPath(claimants, group, path)
            ?? claimants.Find(ingress => ingress.DefaultBackend is not null)?.DefaultBackend?.ToString()
            ?? OldestFirst(ingresses).FirstOrDefault(ingress => ingress.Rules.IsEmpty && ingress.DefaultBackend is not null)?.DefaultBackend?.ToString();
    }

    // Rule 2: the exact name, then one star for the first label, then rules without host.
    private static List<string> Groups(string host)
    {
        var groups = new List<string>();
        if (host.Length > 0)
        {
            groups.Add(host);
            var labels = host.Split('.');
            if (labels.Length > 1 && labels[0].Length > 0)
            {
                groups.Add("*." + string.Join('.', labels[1..]));
            }
        }

        groups.Add("");
        return groups;
    }

    private static string? ByPath(List<IngressConfig> claimants, string? group, string path)
    {
        var claims = claimants
            .SelectMany(ingress => ingress.Rules.Where(rule => rule.Host == group).SelectMany(rule => rule.Paths).Select(rulePath => (ingress, rulePath)))
            .ToList();

        // P6: a target that differs from its path makes patterns of all paths of the host.
        var patterns = claims.Exists(claim => claim.ingress.RewriteTarget is { } target && target != claim.rulePath.Path);
        var taken = patterns
            ? claims
                .Where(claim => Regex.IsMatch(path, "^" + claim.rulePath.Path, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant))
                .OrderByDescending(claim => claim.rulePath.Path.Length)
                .ThenByDescending(claim => claim.rulePath.Path, StringComparer.Ordinal)
            : claims
                .Select(claim => (claim.ingress, claim.rulePath, text: Uri.UnescapeDataString(claim.rulePath.Path)))
                .Where(claim => Matches(claim.rulePath.Type, claim.text, path))
                .OrderByDescending(claim => Elements(claim.text).Length)
                .ThenByDescending(claim => claim.rulePath.Type == PathType.Exact)
                .ThenByDescending(claim => path.StartsWith(claim.text, StringComparison.Ordinal))
                .ThenByDescending(claim => claim.text.Length)
                .Select(claim => (claim.ingress, claim.rulePath));

        // Both sorts are stable: what is still equal stays in the order of age, then of the Ingress itself.
        return taken.Select(claim => claim.rulePath.Backend?.ToString() ?? Closed).FirstOrDefault();
    }

    // Rule 4.
    private static bool Matches(PathType type, string rule, string path) => type == PathType.Exact
        ? path == rule
        : Elements(path).Take(Elements(rule).Length).SequenceEqual(Elements(rule), StringComparer.Ordinal);

    private static string[] Elements(string path) => path.Trim('/').Split('/', StringSplitOptions.RemoveEmptyEntries);

    private static bool HasRule(IngressConfig ingress, string host) => ingress.Rules.Any(rule => rule.Host == host);

    private static IOrderedEnumerable<IngressConfig> OldestFirst(IEnumerable<IngressConfig> ingresses) => ingresses
        .OrderBy(ingress => ingress.Created is null)
        .ThenBy(ingress => ingress.Created)
        .ThenBy(ingress => ingress.Name.Namespace, StringComparer.Ordinal)
        .ThenBy(ingress => ingress.Name.Name, StringComparer.Ordinal);
}
