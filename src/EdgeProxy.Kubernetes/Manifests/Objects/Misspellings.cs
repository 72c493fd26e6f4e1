using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Manifests.Objects;

/// <summary>Tells a misspelt field from one that Kubernetes has and EdgeProxy does not use.</summary>
internal static class Misspellings
{
    /// <summary>What to tell the user about an unknown field; null when there is nothing to tell.</summary>
    public static string? Explain(Shape shape, string name, FieldPath path)
    {
        if (UnusedFields.Of(shape.Type).Contains(name))
        {
            return null;
        }

        if (MovedField(shape.Type, name) is { } moved)
        {
            return $"unknown field \"{path.Of(name)}\", in this apiVersion it is \"{path.Of(moved)}\"";
        }

        var meant = Nearest(name, shape.Fields.Keys.Concat(UnusedFields.Of(shape.Type)));
        return meant is null ? null : $"unknown field \"{path.Of(name)}\", did you mean \"{path.Of(meant)}\"?";
    }

    /// <summary>The candidate that <paramref name="name"/> is most likely meant to be; null when none is near.</summary>
    public static string? Nearest(string name, IEnumerable<string> candidates)
    {
        // One slip always counts, two only in words long enough to be told apart.
        var (best, bestDistance) = ((string?)null, name.Length >= 6 ? 3 : 2);
        foreach (var candidate in candidates)
        {
            var distance = string.Equals(candidate, name, StringComparison.OrdinalIgnoreCase) ? 0 : Distance(candidate, name, bestDistance);
            if (distance < bestDistance)
            {
                (best, bestDistance) = (candidate, distance);
            }
        }

        return best;
    }

    // The Ingress of Kubernetes 1.22 renamed what most manifests of the years before still write.
    private static string? MovedField(Type type, string name) => name switch
    {
        "serviceName" when type == typeof(IngressBackend) => "service.name",
        "servicePort" when type == typeof(IngressBackend) => "service.port",
        "backend" when type == typeof(IngressSpec) => "defaultBackend",
        "service" when type == typeof(IngressV1Beta1Backend) => "serviceName",
        "defaultBackend" when type == typeof(IngressV1Beta1Spec) => "backend",
        _ => null,
    };

    // Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
    private static int Distance(string left, string right, int limit)
    {
        if (Math.Abs(left.Length - right.Length) >= limit)
        {
            return limit;
        }

        var beforeLast = new int[right.Length + 1];
        var last = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var current = new int[right.Length + 1];
            current[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var same = left[i - 1] == right[j - 1];
                current[j] = Math.Min(Math.Min(current[j - 1], last[j]) + 1, last[j - 1] + (same ? 0 : 1));
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                {
                    current[j] = Math.Min(current[j], beforeLast[j - 2] + 1);
                }
            }

            (beforeLast, last) = (last, current);
        }

        return last[right.Length];
    }
}
