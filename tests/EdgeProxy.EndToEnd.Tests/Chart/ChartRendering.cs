using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using EdgeProxy.Testing;

namespace EdgeProxy.EndToEnd.Tests.Chart;

/// <summary>What Helm would make of our chart and some values, by the renderer in <c>tests/chart</c>.</summary>
internal sealed class ChartRendering
{
    /// <summary>Release and namespace of every rendering.</summary>
    public const string Release = "edge";

    public const string Namespace = "edge-system";

    private const string Sources = "/usr/share/gocode";

    private static readonly Lazy<string> Renderer = new(Build);

    /// <summary>The objects, in the order of the templates.</summary>
    public required IReadOnlyList<JsonNode> Objects { get; init; }

    /// <summary>What a user is told after the installation.</summary>
    public required string Notes { get; init; }

    /// <summary>Why nothing was rendered; empty when something was.</summary>
    public required string Error { get; init; }

    public static string ChartFolder => Path.Combine(TestCases.RepositoryRoot, "helm", "edgeproxy");

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    /// <summary>Renders <c>tests/cases/chart/NAME/values.yaml</c>.</summary>
    public static async Task<ChartRendering> OfCaseAsync(string name, string kubeVersion = "v1.36.0")
    {
        var values = TestCases.PathOf(Path.Combine("chart", name, "values.yaml"));
        var (exitCode, output, error) = await RunAsync(Renderer.Value, [ChartFolder, values, Release, Namespace, kubeVersion]);
        var rendered = exitCode == 0 ? JsonNode.Parse(output) : null;
        return new ChartRendering
        {
            Objects = [.. rendered?["objects"]?.AsArray().Select(each => each!) ?? []],
            Notes = (string?)rendered?["notes"] ?? "",
            Error = error,
        };
    }

    /// <summary>A YAML file as JSON.</summary>
    public static async Task<JsonNode> ReadYamlAsync(string path)
    {
        var (exitCode, output, error) = await RunAsync(Renderer.Value, ["json", path]);
        Assert.True(exitCode == 0, error);
        return JsonNode.Parse(output)!;
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(string program, IEnumerable<string> arguments, string? folder = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = folder ?? "",
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(Deadline);
        var error = process.StandardError.ReadToEndAsync(Deadline);
        await process.WaitForExitAsync(Deadline);
        return (process.ExitCode, await output, await error);
    }

    /// <summary>Skips the test, with the reason, where a program is not installed.</summary>
    public static void Need(string program, string package) => Assert.SkipUnless(
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program))),
        $"'{program}' is not installed (Debian: {package}).");

    // Once for all tests of this process; what Lazy keeps of a skip is the reason for each of them.
    private static string Build()
    {
        Need("go", "golang-go");
        foreach (var (library, package) in new[]
        {
            ("github.com/Masterminds/sprig", "golang-github-masterminds-sprig-dev"),
            ("github.com/xeipuuv/gojsonschema", "golang-github-xeipuuv-gojsonschema-dev"),
            ("gopkg.in/yaml.v3", "golang-gopkg-yaml.v3-dev"),
        })
        {
            Assert.SkipUnless(Directory.Exists(Path.Combine(Sources, "src", library)), $"The Go library {library} is not installed (Debian: {package}).");
        }

        var program = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"edgeproxy-tests-render-{Environment.ProcessId}"));
        var start = new ProcessStartInfo("go", ["build", "-o", program, "."])
        {
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = Path.Combine(TestCases.RepositoryRoot, "tests", "chart"),
            Environment =
            {
                ["GOPATH"] = Sources,
                ["GO111MODULE"] = "off",
                ["GOFLAGS"] = "",
                ["GOCACHE"] = Path.Combine(Path.GetTempPath(), "edgeproxy-tests-go"),
            },
        };
        using var compiler = Process.Start(start)!;
        var error = compiler.StandardError.ReadToEnd();
        compiler.WaitForExit();
        Assert.True(compiler.ExitCode == 0, error);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(program);
        return program;
    }
}
