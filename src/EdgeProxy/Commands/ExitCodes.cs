namespace EdgeProxy.Commands;

/// <summary>What the process tells its caller.</summary>
internal static class ExitCodes
{
    /// <summary>Done, or nothing to complain about.</summary>
    public const int Success = 0;

    /// <summary><c>check</c> found problems; <c>run</c> and <c>demo</c> could not start; <c>status</c>: not ready.</summary>
    public const int Problems = 1;

    /// <summary><c>check</c> could not read something; <c>status</c> could not ask; any command: wrong usage or settings.</summary>
    public const int CouldNotRead = 2;
}
