using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Events;

/// <summary>Something that is so, as long as it is so. Equal ones are the same condition, so a note says nothing that changes by itself.</summary>
/// <param name="Regarding">The object it is about.</param>
/// <param name="Reason">What it is, in one word.</param>
/// <param name="Note">What it is, for people.</param>
internal sealed record EventCondition(Regarding Regarding, EventReason Reason, string Note)
{
    /// <summary>False for what somebody should look at.</summary>
    public bool IsNormal => Reason is EventReason.Accepted or EventReason.AddressAllocated;
}

/// <summary>The object an Event is about (core/v1 ObjectReference); the uid is null when it is not known.</summary>
internal sealed record Regarding(string ApiVersion, string Kind, NamespacedName Name, string? Uid)
{
    /// <summary>The namespace its Events live in: its own, or <c>default</c> for objects without one.</summary>
    public string EventNamespace => Name.Namespace.Length == 0 ? "default" : Name.Namespace;
}
