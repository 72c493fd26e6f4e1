using System.Text.RegularExpressions;
using EdgeProxy.Http;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Settings;
using EdgeProxy.Testing;
using EdgeProxy.Transport.Tcp;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>The pages say what the program does, and lead to one another.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string[] OfDatagrams = ["buffer_full", "send_refused"];

    [Fact]
    public void Every_reason_word_has_its_entry_in_troubleshooting_and_no_entry_is_about_another()
    {
        var words = Enum.GetValues<ResponseReason>().Select(reason => reason.Word())
            .Concat(Enum.GetValues<CloseReason>().Select(reason => reason.Word()))
            .Concat(Enum.GetNames<ProblemReason>())
            .Concat(OfDatagrams)
            .ToHashSet(StringComparer.Ordinal);

        var entries = Entry().Matches(Read("docs/troubleshooting.md")).Select(match => match.Groups["word"].Value).ToList();

        Assert.Equal(words.Order(StringComparer.Ordinal), entries.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_reason_word_stands_in_the_page_of_logs()
    {
        var page = Read("docs/logs.md");

        Assert.All(Enum.GetValues<ResponseReason>(), reason => Assert.Contains($"| `{reason.Word()}` |", page, StringComparison.Ordinal));
        Assert.All(Enum.GetValues<CloseReason>(), reason => Assert.Contains($"| `{reason.Word()}` |", page, StringComparison.Ordinal));
    }

    [Fact]
    public void The_keys_that_are_said_to_hold_at_once_are_those_that_do()
    {
        var page = Read("docs/lifecycle.md");
        var from = page.IndexOf("| key | from |", StringComparison.Ordinal);
        var table = page[from..page.IndexOf("\n\n", from, StringComparison.Ordinal)];

        Assert.Equal(
            SettingTable.All.Where(setting => setting.IsLive).Select(setting => setting.Name).Order(StringComparer.Ordinal),
            Code().Matches(table).Select(match => match.Groups["text"].Value).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_page_is_in_the_index()
    {
        var index = Read("docs/README.md");

        Assert.All(
            Directory.GetFiles(Path.Combine(TestCases.RepositoryRoot, "docs"), "*.md").Select(Path.GetFileName).Where(name => name != "README.md"),
            name => Assert.Contains($"({name})", index, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_link_leads_to_a_file_and_to_a_heading_of_it()
    {
        var pages = Directory.GetFiles(Path.Combine(TestCases.RepositoryRoot, "docs"), "*.md", SearchOption.AllDirectories)
            .Concat(Directory.GetFiles(TestCases.RepositoryRoot, "*.md"));
        var broken = new List<string>();
        foreach (var page in pages)
        {
            foreach (var target in Link().Matches(File.ReadAllText(page)).Select(match => match.Groups["target"].Value).Where(target => !target.Contains(':', StringComparison.Ordinal)))
            {
                var parts = target.Split('#');
                var file = parts[0].Length == 0 ? page : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, parts[0]));
                if (!Path.Exists(file) || (parts.Length > 1 && !AnchorsOf(file).Contains(parts[1])))
                {
                    broken.Add($"{Path.GetRelativePath(TestCases.RepositoryRoot, page)}: {target}");
                }
            }
        }

        Assert.Empty(broken);
    }

    private static string Read(string page) => File.ReadAllText(Path.Combine(TestCases.RepositoryRoot, page));

    /// <summary>As GitHub makes them: lower case, what is neither letter, digit, dash nor underscore left out, dashes for spaces.</summary>
    private static HashSet<string> AnchorsOf(string file) => Heading().Matches(File.ReadAllText(file))
        .Select(match => new string([.. match.Groups["text"].Value.Trim().ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')]).Replace(' ', '-'))
        .ToHashSet(StringComparer.Ordinal);

    [GeneratedRegex("^### (?<word>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Entry();

    [GeneratedRegex("^#+ (?<text>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Heading();

    [GeneratedRegex("`(?<text>[a-z0-9-]+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();
}
