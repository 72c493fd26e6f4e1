using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Annotations;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;
using EdgeProxy.Model.Policies;
using EdgeProxy.Model.Routing;

namespace EdgeProxy.Kubernetes.Configuration;

/// <summary>The ConfigMaps that configure the controller, as of the last set of objects. Used by one thread at a time.</summary>
internal sealed class ControllerConfiguration
{
    private static readonly ILookup<NamespacedName, ExposedPort> None = Array.Empty<(NamespacedName, ExposedPort)>().ToLookup(entry => entry.Item1, entry => entry.Item2);

    private readonly TranslationOptions _process;
    private readonly Route? _defaultRoute;
    private ConfigMap? _map;
    private ConfigMap? _tcpMap;
    private ConfigMap? _udpMap;
    private ILookup<NamespacedName, ExposedPort> _tcp = None;
    private ILookup<NamespacedName, ExposedPort> _udp = None;

    public ControllerConfiguration(TranslationOptions options)
    {
        _process = options;
        Options = options;
        _defaultRoute = options.DefaultBackendService is { } service
            ? new Route { Ingress = new NamespacedName("", "default-backend-service"), Host = "", Path = "", Backend = new BackendReference(service, PortName: null, PortNumber: 0) }
            : null;
        Http = HttpSettings.Default with { DefaultRoute = _defaultRoute };
    }

    /// <summary>The process's _process with what the ConfigMap says.</summary>
    public TranslationOptions Options { get; private set; }

    /// <summary>What the ConfigMap names.</summary>
    public IReadOnlyCollection<NamedObject> References { get; private set; } = [];

    /// <summary>What holds for every HTTP request.</summary>
    public HttpSettings Http { get; private set; }

    /// <summary>What holds for connections and TLS on all hosts.</summary>
    public ListenerPolicy Listeners { get; private set; } = ListenerPolicy.Default;

    /// <summary>Reads the ConfigMap again if it, or one that it names, changed. True: every Ingress must be translated again.</summary>
    public bool Follow(ObjectSet objects, ObjectChanges changes, Action<NamespacedName, ProblemSink> report)
    {
        if (_process.ConfigMap is not { } name)
        {
            return false;
        }

        var map = objects.ConfigMaps.GetValueOrDefault(name);
        var isSame = ReferenceEquals(map, _map);
        if (isSame && !References.Any(reference => changes.ConfigMaps.Contains(reference.Name)))
        {
            return false;
        }

        _map = map;
        var problems = new ProblemSink();
        IReadOnlyCollection<NamedObject> references = [];
        Http = (map is null ? HttpSettings.Default : ConfigurationReader.Read(map, objects, problems, out references)) with { DefaultRoute = _defaultRoute };
        References = references;
        var configuration = (map?.Data ?? []).ToImmutableDictionary(entry => entry.Key, entry => entry.Value.Trim(), StringComparer.Ordinal);
        Listeners = map is null
            ? ListenerPolicy.Default
            : ListenerTranslator.Translate(configuration, (key, message) => problems.Warning(map, $"data[{key}]", message, ProblemReason.ConfigurationIgnored));
        report(name, problems);
        if (isSame)
        {
            return false;
        }

        Options = _process with
        {
            Configuration = configuration,
            AllowCrossNamespaceResources = _process.AllowCrossNamespaceResources || ConfigurationReader.AllowsCrossNamespace(map),
        };
        return true;
    }

    /// <summary>Reads the ConfigMaps of exposed ports again if they changed. The Services that gained or lost a port are those to translate again.</summary>
    public IEnumerable<NamespacedName> FollowPorts(ObjectSet objects, Action<NamespacedName, ProblemSink> report) =>
        [
            .. FollowPorts(_process.TcpServices, TransportProtocol.Tcp, objects, ref _tcpMap, ref _tcp, report),
            .. FollowPorts(_process.UdpServices, TransportProtocol.Udp, objects, ref _udpMap, ref _udp, report),
        ];

    /// <summary>The ports that lead to a Service.</summary>
    public ImmutableArray<ExposedPort> PortsOf(NamespacedName service) => [.. _tcp[service], .. _udp[service]];

    private static IEnumerable<NamespacedName> FollowPorts(
        NamespacedName? name,
        TransportProtocol protocol,
        ObjectSet objects,
        ref ConfigMap? map,
        ref ILookup<NamespacedName, ExposedPort> ports,
        Action<NamespacedName, ProblemSink> report)
    {
        if (name is not { } mapName || ReferenceEquals(objects.ConfigMaps.GetValueOrDefault(mapName), map))
        {
            return [];
        }

        map = objects.ConfigMaps.GetValueOrDefault(mapName);
        var problems = new ProblemSink();
        var before = ports;
        ports = ExposedPorts.Read(map, protocol, problems);
        ReportMissing(map, ports, objects, problems);
        report(mapName, problems);
        return before.Select(group => group.Key).Union(ports.Select(group => group.Key));
    }

    private static void ReportMissing(ConfigMap? map, ILookup<NamespacedName, ExposedPort> ports, ObjectSet objects, ProblemSink problems)
    {
        foreach (var (service, port) in ports.SelectMany(group => group.Select(port => (group.Key, port))))
        {
            if (!objects.Services.ContainsKey(service))
            {
                problems.Warning(map!, $"data[{port.Number}]", $"there is no Service \"{service}\"; nothing listens on the port until there is", ProblemReason.BackendMissing);
            }
        }
    }
}
