using EdgeProxy.Model.Routing;

namespace EdgeProxy.Model.Explaining;

/// <summary>A rule that nobody can reach, because an older Ingress has the same host, path and type.</summary>
/// <param name="Ingress">Whose rule it is.</param>
/// <param name="Rule">Index in spec.rules.</param>
/// <param name="Path">Index in the rule's paths.</param>
/// <param name="By">Who has it instead; the Ingress itself when it says the same twice.</param>
public sealed record ShadowedRule(NamespacedName Ingress, int Rule, int Path, NamespacedName By);

/// <summary>Finds rules that nobody can reach. Canaries are no claimants: to have a rule of somebody else is what they are for.</summary>
public static class Shadowing
{
    /// <summary>Looks at all rules of a table, oldest Ingress first.</summary>
    public static IEnumerable<ShadowedRule> Find(RouteTable routes)
    {
        var owners = new Dictionary<(string Host, string Path, PathType Type), NamespacedName>();
        foreach (var ingress in routes.Ingresses.Values.Where(ingress => ingress.Canary is null).Order(IngressAge.OldestFirst))
        {
            for (var i = 0; i < ingress.Rules.Length; i++)
            {
                for (var j = 0; j < ingress.Rules[i].Paths.Length; j++)
                {
                    var path = ingress.Rules[i].Paths[j];
                    var place = (ingress.Rules[i].Host, RequestPath.DecodeRule(path.Path), path.Type);
                    if (!owners.TryAdd(place, ingress.Name))
                    {
                        yield return new ShadowedRule(ingress.Name, i, j, owners[place]);
                    }
                }
            }
        }
    }
}
