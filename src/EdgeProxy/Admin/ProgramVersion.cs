using System.Reflection;

namespace EdgeProxy.Admin;

/// <summary>Which program this is.</summary>
internal static class ProgramVersion
{
    private static readonly string[] Informational =
        (typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "").Split('+', 2);

    /// <summary>Such as 0.1.0.</summary>
    public static string Text => Informational[0];

    /// <summary>The commit it was built from; null: that is not known.</summary>
    public static string? Commit => Informational.Length == 2 ? Informational[1] : null;
}
