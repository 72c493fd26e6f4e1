namespace EdgeProxy.Kubernetes.Annotations;

/// <summary>Go's strconv.ParseBool, by which Kubernetes and ingress-nginx read booleans in annotations.</summary>
internal static class GoBoolean
{
    /// <summary>False for what is neither.</summary>
    public static bool TryParse(string text, out bool value)
    {
        value = text is "1" or "t" or "T" or "true" or "TRUE" or "True";
        return value || text is "0" or "f" or "F" or "false" or "FALSE" or "False";
    }
}
