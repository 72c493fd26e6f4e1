namespace EdgeProxy.Model.Routing;

/// <summary>
/// Oldest first: smaller creationTimestamp, those without one last; then namespace, then name, ascending (as Gateway API breaks ties).
/// </summary>
internal sealed class IngressAge : IComparer<IngressConfig>
{
    public static IngressAge OldestFirst { get; } = new();

    public int Compare(IngressConfig? x, IngressConfig? y)
    {
        var byTime = (x!.Created ?? DateTimeOffset.MaxValue).CompareTo(y!.Created ?? DateTimeOffset.MaxValue);
        return byTime != 0 ? byTime : x.Name.CompareTo(y.Name);
    }
}
