namespace EdgeProxy.Model.Eligibility;

/// <summary>What happens to a new connection or flow.</summary>
public enum Verdict
{
    /// <summary>The destination is none of ours and stays untouched.</summary>
    NotOwned,

    /// <summary>The client learns at once: TCP reset, ICMP port unreachable.</summary>
    Refused,

    /// <summary>No answer at all.</summary>
    Dropped,

    /// <summary>One of the candidates serves it.</summary>
    Forward,
}
