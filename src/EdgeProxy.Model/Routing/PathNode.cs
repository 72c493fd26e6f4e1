namespace EdgeProxy.Model.Routing;

/// <summary>
/// One element of a host's path trie. Up to four routes end here: Exact and Prefix, each written with and without a trailing slash, which
/// Exact tells apart and Prefix does not, but a literal match is preferred.
/// </summary>
internal sealed class PathNode
{
    private Dictionary<string, PathNode>? _children;
    private Route? _exact;
    private Route? _exactSlash;
    private Route? _prefix;
    private Route? _prefixSlash;

    /// <summary>Adds a route unless an older one already has its place.</summary>
    public void Add(Route route, string decodedPath)
    {
        var node = this;
        var path = decodedPath.AsSpan();
        var slash = path.Length > 1 && path[^1] == '/';
        var trimmed = slash ? path[..^1] : path;
        if (trimmed.Length > 1)
        {
            foreach (var range in trimmed[1..].Split('/'))
            {
                node = node.Child(trimmed[1..][range].ToString());
            }
        }

        ref var place = ref route.Type == PathType.Exact
            ? ref slash ? ref node._exactSlash : ref node._exact
            : ref slash ? ref node._prefixSlash : ref node._prefix;
        place ??= route;
    }

    /// <summary>
    /// The best route for a normalised path: more elements first, Exact before Prefix, literal prefix before one that ignores a slash.
    /// Walks down once and remembers the deepest match.
    /// </summary>
    public Route? Find(ReadOnlySpan<char> path)
    {
        var node = this;
        Route? best = null;
        var rest = path[1..];
        if (rest.IsEmpty)
        {
            return node._exact ?? node._prefix;
        }

        best = node._prefix;
        while (true)
        {
            var slash = rest.IndexOf('/');
            var element = slash < 0 ? rest : rest[..slash];
            if (node._children is null
                || !node._children.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(element, out var child))
            {
                return best;
            }

            node = child;
            if (slash < 0)
            {
                return node._exact ?? node._prefix ?? node._prefixSlash ?? best;
            }

            rest = rest[(slash + 1)..];
            if (rest.IsEmpty)
            {
                return node._exactSlash ?? node._prefixSlash ?? node._prefix ?? best;
            }

            best = node._prefixSlash ?? node._prefix ?? best;
        }
    }

    /// <summary>Every route from here down, for reports.</summary>
    public IEnumerable<Route> All() => new[] { _exact, _exactSlash, _prefix, _prefixSlash }.OfType<Route>()
        .Concat(_children?.Values.SelectMany(child => child.All()) ?? []);

    private PathNode Child(string element)
    {
        _children ??= new Dictionary<string, PathNode>(StringComparer.Ordinal);
        if (!_children.TryGetValue(element, out var child))
        {
            _children.Add(element, child = new PathNode());
        }

        return child;
    }
}
