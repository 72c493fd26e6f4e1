using System.Reflection;

namespace EdgeProxy.Compare.Lab;

/// <summary>This program, to be started again in another role.</summary>
internal static class Self
{
    public static Launch Launch(params IReadOnlyList<string> arguments)
    {
        var program = Environment.ProcessPath!;
        // Started as `dotnet EdgeProxy.Compare.dll`, or by its own executable.
        return Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? new Launch(program, [Assembly.GetExecutingAssembly().Location, .. arguments])
            : new Launch(program, arguments);
    }
}
