namespace EdgeProxy.Model.Scheduling;

/// <summary>ipvsadm's --sched-flags, for the schedulers that hash the client's address.</summary>
[Flags]
public enum HashOptions
{
    /// <summary>The address alone, and no second choice.</summary>
    None = 0,

    /// <summary>The client's port is hashed with its address (sh-port, mh-port).</summary>
    Port = 1,

    /// <summary>A backend that takes no connections gives its clients to others (sh-fallback, mh-fallback).</summary>
    Fallback = 2,
}
