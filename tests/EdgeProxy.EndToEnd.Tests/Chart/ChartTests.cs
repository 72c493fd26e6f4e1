using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using EdgeProxy.Settings;
using EdgeProxy.Testing;

namespace EdgeProxy.EndToEnd.Tests.Chart;

/// <summary>The Helm chart with the values of each folder in <c>tests/cases/chart</c>, which also says what is expected of it.</summary>
public sealed partial class ChartTests
{
    private static readonly KindTable Kinds = KindTable.Read();

    public static TheoryData<string> Cases => [.. Directory.EnumerateDirectories(TestCases.PathOf("chart")).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Values_make_the_objects_they_should(string name)
    {
        var expected = await ExpectedAsync(name);
        var rendered = await RenderAsync(name, expected);

        if ((string?)expected["error"] is { } error)
        {
            Assert.Contains(error, rendered.Error, StringComparison.Ordinal);
            return;
        }

        Assert.Equal("", rendered.Error);
        foreach (var (key, fields) in expected["objects"]!.AsObject())
        {
            var item = Assert.Single(rendered.Objects, each => IsNamed(each, key));
            foreach (var (path, value) in fields!.AsObject())
            {
                var actual = Follow(item, path);
                Assert.True(JsonNode.DeepEquals(value, actual), $"{key} {path}: expected {value?.ToJsonString() ?? "nothing"}, not {actual?.ToJsonString() ?? "nothing"}");
            }
        }

        Assert.DoesNotContain(rendered.Objects, each => Texts(expected, "absent").Any(key => IsNamed(each, key)));
        Assert.All(Texts(expected, "notes"), note => Assert.Contains(note, rendered.Notes, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Every_object_decodes_strictly_and_is_there_once(string name)
    {
        var rendered = await RenderAsync(name, await ExpectedAsync(name));

        Assert.Empty(rendered.Objects.SelectMany(Kinds.Mistakes));
        Assert.Equal(rendered.Objects.Count, rendered.Objects.Select(Identity).Distinct(StringComparer.Ordinal).Count());
        Assert.All(rendered.Objects, each => Assert.Matches("^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$", (string)each["metadata"]!["name"]!));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_process_takes_every_argument(string name)
    {
        var expected = await ExpectedAsync(name);
        var rendered = await RenderAsync(name, expected);

        var all = Workloads(rendered).SelectMany(Arguments).ToList();
        foreach (var arguments in Workloads(rendered).Select(Arguments))
        {
            Assert.Equal("run", arguments[0]);
            var flags = arguments.Skip(1).Select(argument => argument.Split('=', 2)).GroupBy(parts => parts[0][2..], parts => parts[1], StringComparer.Ordinal)
                .ToDictionary(group => group.Key, group => (IReadOnlyList<string>)[.. group], StringComparer.Ordinal);
            Assert.Empty(flags.Keys.Except(SettingTable.All.Select(setting => setting.Name), StringComparer.Ordinal));
            var errors = new List<string>();
            SettingSources.Read(flags, configFile: null, _ => null, errors);
            Assert.Empty(errors);
        }

        Assert.All(Texts(expected, "args"), argument => Assert.Contains(argument, all));
        Assert.All(Texts(expected, "noArgs"), flag => Assert.DoesNotContain(all, argument => argument.StartsWith(flag + "=", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task What_names_something_else_finds_it(string name)
    {
        var rendered = await RenderAsync(name, await ExpectedAsync(name));
        var workloads = Workloads(rendered).ToList();
        foreach (var workload in workloads)
        {
            var pod = Labels(Follow(workload, "spec.template.metadata.labels"));
            Assert.True(Labels(Follow(workload, "spec.selector.matchLabels")).IsSubsetOf(pod), Identity(workload));
            var container = Follow(workload, "spec.template.spec.containers.0")!;
            var ports = PortNames(container);
            foreach (var probe in new[] { "startupProbe", "livenessProbe", "readinessProbe" })
            {
                Assert.Contains((string)Follow(container, $"{probe}.httpGet.port")!, ports);
            }

            var volumes = Follow(workload, "spec.template.spec.volumes")!.AsArray().Select(volume => (string)volume!["name"]!);
            Assert.Empty(container["volumeMounts"]!.AsArray().Select(mount => (string)mount!["name"]!).Except(volumes, StringComparer.Ordinal));
            var account = (string)Follow(workload, "spec.template.spec.serviceAccountName")!;
            Assert.All(OfKind(rendered, "RoleBinding").Concat(OfKind(rendered, "ClusterRoleBinding")), binding =>
            {
                Assert.Equal(account, (string)Follow(binding, "subjects.0.name")!);
                Assert.Contains(OfKind(rendered, (string)Follow(binding, "roleRef.kind")!), role =>
                    JsonNode.DeepEquals(Follow(role, "metadata.name"), Follow(binding, "roleRef.name")) && JsonNode.DeepEquals(Follow(role, "metadata.namespace"), Follow(binding, "metadata.namespace")));
            });
        }

        foreach (var service in OfKind(rendered, "Service"))
        {
            var behind = workloads.Where(workload => Labels(Follow(service, "spec.selector")).IsSubsetOf(Labels(Follow(workload, "spec.template.metadata.labels")))).ToList();
            Assert.NotEmpty(behind);
            var ports = PortNames(Follow(behind[0], "spec.template.spec.containers.0")!);
            Assert.All(service["spec"]!["ports"]!.AsArray(), port => Assert.Contains((string)port!["targetPort"]!, ports));
        }

        foreach (var selecting in OfKind(rendered, "PodDisruptionBudget").Select(each => Follow(each, "spec.selector.matchLabels"))
            .Concat(OfKind(rendered, "NetworkPolicy").Select(each => Follow(each, "spec.podSelector.matchLabels")))
            .Concat(OfKind(rendered, "PodMonitor").Select(each => Follow(each, "spec.selector.matchLabels"))))
        {
            Assert.Contains(workloads, workload => Labels(selecting).IsSubsetOf(Labels(Follow(workload, "spec.template.metadata.labels"))));
        }

        Assert.All(OfKind(rendered, "ServiceMonitor"), monitor => Assert.Single(OfKind(rendered, "Service"), service =>
            Labels(Follow(monitor, "spec.selector.matchLabels")).IsSubsetOf(Labels(Follow(service, "metadata.labels")))));
        Assert.All(OfKind(rendered, "HorizontalPodAutoscaler"), scaler => Assert.Contains(workloads, workload =>
            JsonNode.DeepEquals(Follow(scaler, "spec.scaleTargetRef.name"), Follow(workload, "metadata.name"))));
    }

    /// <summary>A container without root has nothing that it was not given, and every capability is one that the chart says it adds.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Pods_may_do_no_more_than_they_must(string name)
    {
        var rendered = await RenderAsync(name, await ExpectedAsync(name));
        var files = FilesWithCapabilities().Match(await File.ReadAllTextAsync(Path.Combine(TestCases.RepositoryRoot, "Dockerfile"), TestContext.Current.CancellationToken))
            .Groups["sets"].Value.Split(' ').Select(set => $"/app/edgeproxy-{set}").Prepend("/app/edgeproxy").ToList();

        Assert.All(Workloads(rendered), workload =>
        {
            var context = Follow(workload, "spec.template.spec.containers.0.securityContext")!;
            Assert.False((bool)context["allowPrivilegeEscalation"]!);
            Assert.True((bool)context["readOnlyRootFilesystem"]!);
            Assert.Equal("ALL", (string)Follow(context, "capabilities.drop.0")!);
            Assert.Equal("RuntimeDefault", (string)Follow(workload, "spec.template.spec.securityContext.seccompProfile.type")!);

            // A file with capabilities that the container may not have cannot be started (Dockerfile).
            var added = Follow(context, "capabilities.add")?.AsArray().Select(each => (string)each!).ToHashSet() ?? [];
            var command = (string)Follow(workload, "spec.template.spec.containers.0.command.0")!;
            Assert.Contains(command, files);
            var needed = command.Split('-').Skip(1).Select(part => part switch { "bind" => "NET_BIND_SERVICE", "admin" => "NET_ADMIN", _ => "NET_RAW" }).ToHashSet();
            Assert.Equal(0L == (long?)Follow(workload, "spec.template.spec.securityContext.runAsUser") ? [] : added, needed);
        });
    }

    [Theory]
    [InlineData("announcing", "cluster.yaml", true)]
    [InlineData("defaults", "cluster.yaml", false)]
    [InlineData("namespaced-with-nodes", "namespaced.yaml", false)]
    public async Task Rights_are_those_of_the_plain_manifests(string name, string manifests, bool announces)
    {
        var rendered = await RenderAsync(name, await ExpectedAsync(name));

        var file = await File.ReadAllTextAsync(Path.Combine(TestCases.RepositoryRoot, "config", "rbac", manifests), TestContext.Current.CancellationToken);
        var plain = new List<JsonNode>();
        using var folder = new ManifestFolder();
        foreach (var (index, text) in file.Split("\n---\n").Index())
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"{index}.yaml");
            folder.Write(path, text);
            plain.Add(await ChartRendering.ReadYamlAsync(Path.Combine(folder.Path, path)));
        }

        // The chart gives the right to announce only to who does.
        plain.RemoveAll(item => !announces && (string)item["metadata"]!["name"]! == "edgeproxy-announce");
        Assert.Equal(Rights(plain), Rights(rendered.Objects));
    }

    [Fact]
    public async Task Flags_of_ingress_nginx_lead_to_flags_that_there_are()
    {
        var helpers = await File.ReadAllTextAsync(Path.Combine(ChartRendering.ChartFolder, "templates", "_helpers.tpl"), TestContext.Current.CancellationToken);
        var ours = SettingTable.All.Select(setting => setting.Name).ToHashSet(StringComparer.Ordinal);

        var translated = Between(helpers, "edgeproxy.nginxFlags").Select(line => line.Split(": ")).ToList();
        var foreign = Between(helpers, "edgeproxy.foreignFlags").Select(line => line[2..]).ToList();

        Assert.NotEmpty(translated);
        Assert.All(translated, pair => Assert.Contains(pair[1], ours));
        Assert.NotEmpty(foreign);
        Assert.Empty(foreign.Intersect(ours, StringComparer.Ordinal));

        static IEnumerable<string> Between(string text, string name)
        {
            var from = text.IndexOf($"define \"{name}\" -}}}}\n", StringComparison.Ordinal);
            return text[text.IndexOf('\n', from)..text.IndexOf("{{- end", from, StringComparison.Ordinal)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
    }

    [Fact]
    public async Task Every_object_is_taken_by_an_API_server()
    {
        await using var cluster = await TestCluster.OpenAsync();
        var refused = new List<string>();
        foreach (var name in Cases.Select(each => each.Data))
        {
            var rendered = await RenderAsync(name, await ExpectedAsync(name));
            foreach (var item in rendered.Objects)
            {
                // The operator's kinds are not in every cluster, nor the autoscaler's in every disposable one.
                var isOptional = ((string)item["apiVersion"]!).Split('/')[0] is "monitoring.coreos.com" or "autoscaling";
                if (await cluster.TryDryRunAsync(item) is { } refusal && !(isOptional && refusal.StartsWith(nameof(HttpStatusCode.NotFound), StringComparison.Ordinal)))
                {
                    refused.Add($"{name}: {Identity(item)}: {refusal}");
                }
            }
        }

        Assert.Empty(refused);
    }

    private static Task<JsonNode> ExpectedAsync(string name) => ChartRendering.ReadYamlAsync(TestCases.PathOf(Path.Combine("chart", name, "expected.yaml")));

    private static Task<ChartRendering> RenderAsync(string name, JsonNode expected) => ChartRendering.OfCaseAsync(name, (string?)expected["kubeVersion"] ?? "v1.36.0");

    private static IEnumerable<string> Texts(JsonNode expected, string key) => expected[key]?.AsArray().Select(each => (string)each!) ?? [];

    private static IEnumerable<JsonNode> OfKind(ChartRendering rendered, string kind) => rendered.Objects.Where(each => (string)each["kind"]! == kind);

    private static IEnumerable<JsonNode> Workloads(ChartRendering rendered) => OfKind(rendered, "Deployment").Concat(OfKind(rendered, "DaemonSet"));

    // As kubelet does it.
    private static List<string> Arguments(JsonNode workload) => [.. Follow(workload, "spec.template.spec.containers.0.args")!.AsArray().Select(argument =>
        ((string)argument!).Replace("$(NODE_NAME)", "node-1", StringComparison.Ordinal).Replace("$(POD_IP)", "10.0.0.1", StringComparison.Ordinal))];

    private static string Identity(JsonNode item) => $"{item["kind"]}/{item["metadata"]!["namespace"]}/{item["metadata"]!["name"]}";

    // Kind/name, or Kind/namespace/name.
    private static bool IsNamed(JsonNode item, string key) =>
        key.Split('/') is [var kind, .. var space, var name] && (string)item["kind"]! == kind && (string)item["metadata"]!["name"]! == name
        && (space is not [var wanted] || (string?)item["metadata"]!["namespace"] == wanted);

    // Dots between names and places in lists; "\." is a dot.
    private static JsonNode? Follow(JsonNode? item, string path) => DotBetweenNames().Split(path).Select(part => part.Replace("\\.", ".", StringComparison.Ordinal)).Aggregate(
        item, (at, part) => at is JsonArray list ? list.ElementAtOrDefault(int.Parse(part, CultureInfo.InvariantCulture)) : at?[part]);

    private static HashSet<string> Labels(JsonNode? labels) => [.. labels!.AsObject().Select(label => $"{label.Key}={label.Value}")];

    private static List<string> PortNames(JsonNode container) => [.. container["ports"]!.AsArray().Select(port => (string)port!["name"]!)];

    /// <summary>Group, resource and verb of all roles, sorted, whatever the roles are called.</summary>
    private static List<string> Rights(IEnumerable<JsonNode> objects) =>
    [
        .. (from role in objects
            where (string)role["kind"]! is "Role" or "ClusterRole"
            from rule in role["rules"]!.AsArray()
            from name in rule!["apiGroups"]!.AsArray()
            from resource in rule["resources"]!.AsArray()
            from verb in rule["verbs"]!.AsArray()
            select $"{name}/{resource} {verb}{(rule["resourceNames"] is null ? "" : ", by name")}").Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
    ];

    [GeneratedRegex("for set in (?<sets>[a-z -]+);", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex FilesWithCapabilities();

    [GeneratedRegex(@"(?<!\\)\.", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DotBetweenNames();
}
