namespace EdgeProxy.Kubernetes.Manifests;

/// <summary>How long a file must look the same before objects missing from it are believed to be gone. Until then all of it stays what it was.</summary>
public sealed record SettleTimes
{
    /// <summary>For a file that is empty or gone: editors and copy programs leave it so before they fill it. Default 1 s.</summary>
    /// <remarks>On a busy machine the writer may be set aside for long between the two; 50 ms were not enough.</remarks>
    public TimeSpan Emptied { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>For a file that was written in place, perhaps in several pieces. Default 250 ms.</summary>
    public TimeSpan Edited { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>For a file that took another one's place, by a rename or the swap of a link, and so is nearly always whole. Default 50 ms.</summary>
    public TimeSpan Replaced { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest that a file which changes all the time is waited for. Default 2 s.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromSeconds(2);
}
