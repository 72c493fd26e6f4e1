using System.Text.Json;

namespace EdgeProxy.Testing;

/// <summary>Finds the case tables under <c>tests/cases</c>, from wherever the tests run.</summary>
public static class TestCases
{
    /// <summary>The folder that holds the solution.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>A path below <c>tests/cases</c>.</summary>
    public static string PathOf(string relative) => Path.Combine(RepositoryRoot, "tests", "cases", relative);

    /// <summary>A JSON document below <c>tests/cases</c>.</summary>
    public static JsonElement ReadJson(string relative)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(PathOf(relative)));
        return document.RootElement.Clone();
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "EdgeProxy.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("The tests must run below the folder of EdgeProxy.slnx.");
    }
}
