using EdgeProxy.Kubernetes.Annotations;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Translation;

/// <summary>Which Ingresses name which objects, so that one that comes, changes or goes is looked at again by those and nobody else. Not thread-safe.</summary>
internal sealed class ReferenceIndex
{
    private readonly Dictionary<NamedObject, HashSet<NamespacedName>> _users = [];
    private readonly Dictionary<NamespacedName, IReadOnlyCollection<NamedObject>> _named = [];

    /// <summary>Notes all that <paramref name="ingress"/> names now; none forgets it.</summary>
    public void Set(NamespacedName ingress, IReadOnlyCollection<NamedObject> references)
    {
        if (_named.Remove(ingress, out var before))
        {
            foreach (var reference in before)
            {
                if (_users.TryGetValue(reference, out var users) && users.Remove(ingress) && users.Count == 0)
                {
                    _users.Remove(reference);
                }
            }
        }

        if (references.Count == 0)
        {
            return;
        }

        _named[ingress] = references;
        foreach (var reference in references)
        {
            if (!_users.TryGetValue(reference, out var users))
            {
                _users[reference] = users = [];
            }

            users.Add(ingress);
        }
    }

    /// <summary>Whether anybody names it.</summary>
    public bool IsNamed(NamedObject named) => _users.ContainsKey(named);

    /// <summary>Those that name one of <paramref name="names"/>.</summary>
    public IEnumerable<NamespacedName> UsersOf(string kind, IEnumerable<NamespacedName> names) =>
        names.SelectMany(name => _users.GetValueOrDefault(new NamedObject(kind, name), []));
}
