using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Annotations;
using EdgeProxy.Kubernetes.Configuration;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;
using EdgeProxy.Model.Certificates;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Kubernetes.Translation;

/// <summary>
/// Objects → snapshots, one after the other, each costing what changed. Owns nothing but indexes; used by one thread at a time.
/// </summary>
public sealed class SnapshotTranslator(TranslationOptions options, TimeProvider time)
{
    private TranslationOptions _options = options;
    private readonly Dictionary<NamespacedName, ImmutableArray<NamespacedName>> _slicesByService = [];
    private readonly Dictionary<NamespacedName, int> _secretUsers = [];
    private readonly Dictionary<NamespacedName, ImmutableArray<NamespacedName>> _secretsOfIngress = [];
    private readonly Dictionary<(string Kind, NamespacedName Name), IReadOnlyList<Problem>> _problems = [];
    private readonly Dictionary<NamespacedName, IReadOnlyList<AnnotationUse>> _annotations = [];
    private readonly List<TranslationFault> _faults = [];
    private readonly Dictionary<NamespacedName, string> _externalNames = [];
    private readonly HashSet<NamedObject> _named = [];
    private ReferenceIndex _references = new();
    private ControllerConfiguration _configuration = new(options);
    private ObjectSet _objects = ObjectSet.Empty; // those that are being translated
    private bool _isInterrupted; // what was half done, or done by other options, means nothing
    private ImmutableDictionary<string, ImmutableArray<IpAddr>> _translatedAddresses = ImmutableDictionary<string, ImmutableArray<IpAddr>>.Empty;
    private LocalNode? _node;

    /// <summary>The objects of the last snapshot.</summary>
    public ObjectSet Objects { get; private set; } = ObjectSet.Empty;

    /// <summary>The last snapshot.</summary>
    public ProxySnapshot Snapshot { get; private set; } = ProxySnapshot.Empty;

    /// <summary>Everything wrong with the objects of the last snapshot.</summary>
    public IEnumerable<Problem> Problems => _problems.Values.SelectMany(list => list);

    /// <summary>Objects that the last translation could not deal with, by a fault of ours; their last version stays in service.</summary>
    public IReadOnlyList<TranslationFault> Faults => _faults;

    /// <summary>What became of the annotations of each Ingress that is served and has any of ours.</summary>
    public IReadOnlyDictionary<NamespacedName, IReadOnlyList<AnnotationUse>> Annotations => _annotations;

    /// <summary>What the objects that were translated last name.</summary>
    internal IReadOnlyCollection<NamedObject> Named => _named;

    /// <summary>Who we are and what is ours, but for <see cref="LocalNode"/>. New ones hold from the next translation on, which then looks at everything.</summary>
    public TranslationOptions Options
    {
        get => _options;
        set
        {
            _options = value;
            _isInterrupted = true;
        }
    }

    /// <summary>This node. A new one is looked at by the next translation, which is then one of all Services.</summary>
    public LocalNode LocalNode { get; set; } = options.Node;

    /// <summary>The pools of load-balancer addresses; new ones are in the next snapshot.</summary>
    public ImmutableArray<AddressPool> AddressPools { get; set; } = [];

    /// <summary>The names that Ingresses lead to by Services of type ExternalName; without a final dot.</summary>
    public IReadOnlySet<string> ExternalNames => _externalNames.Values.ToHashSet(StringComparer.Ordinal);

    /// <summary>What those names mean at present; one that is missing has no endpoints. New answers are looked at by the next translation.</summary>
    public ImmutableDictionary<string, ImmutableArray<IpAddr>> ExternalAddresses { get; set; } = ImmutableDictionary<string, ImmutableArray<IpAddr>>.Empty;

    /// <summary>Translates a new set of objects, looking for what changed.</summary>
    public ProxySnapshot Apply(ObjectSet next) => Apply(next, ObjectChanges.Between(Objects, next));

    /// <summary>
    /// Translates a new set of objects of which only <paramref name="changes"/> differ from the last. One that throws leaves the last snapshot as it
    /// is, and then the next looks at everything, so that nothing is lost with it.
    /// </summary>
    public ProxySnapshot Apply(ObjectSet next, ObjectChanges changes)
    {
        var before = Objects;
        if (_isInterrupted)
        {
            Forget();
            changes = ObjectChanges.Every(before, next);
        }

        _isInterrupted = true;
        _objects = next;
        _named.Clear();
        _faults.Clear();
        var node = CurrentNode(next);
        var rebuildAll = node != _node;
        _node = node;

        var builder = new SnapshotBuilder(Snapshot, node, time) { DefaultCertificate = _options.DefaultCertificate, AddressPools = AddressPools };
        var services = IndexSlices(before, changes);
        services.UnionWith(changes.Services);
        services.UnionWith(_configuration.FollowPorts(next, ReportConfigMap));
        services.UnionWith(ServicesOfNewAnswers());
        var isConfiguredAnew = _configuration.Follow(next, changes, ReportConfigMap);
        services.UnionWith(ExternalBackends.Touched(before, next, changes, _configuration.Options));
        if (isConfiguredAnew)
        {
            // It may name one.
            services.UnionWith(next.Services.Values.Where(service => service.Spec.Type is "ExternalName").Select(service => service.Name));
        }

        var asked = new Lazy<ILookup<NamespacedName, ServiceBackendPort>>(() => ExternalBackends.Asked(next, _configuration.Options));
        foreach (var name in rebuildAll ? services.Union(next.Services.Keys) : services)
        {
            Guard("Service", name, () => TranslateService(builder, name, asked));
        }

        if (_options.Discovery)
        {
            var names = new DiscoveryTranslator(builder.Discovery, before, next);
            names.Apply(changes, services, SlicesOf);
            builder.Discovery = names.Build();
        }

        var certificates = changes.Secrets.ToHashSet();
        builder.Http = _configuration.Http;
        builder.Listeners = _configuration.Listeners;
        _named.UnionWith(_configuration.References);
        var ingresses = changes.Ingresses.ToHashSet();
        ingresses.UnionWith(_references.UsersOf("Secret", changes.Secrets));
        ingresses.UnionWith(_references.UsersOf("ConfigMap", changes.ConfigMaps));
        foreach (var name in changes.IngressClasses.IsEmpty && !isConfiguredAnew ? ingresses : ingresses.Union(next.Ingresses.Keys))
        {
            Guard("Ingress", name, () => TranslateIngress(builder, name, certificates));
        }

        if (Snapshot.Generation == 0 && _options.DefaultCertificate is { } defaultCertificate)
        {
            certificates.Add(defaultCertificate);
        }

        foreach (var name in certificates)
        {
            Guard("Secret", name, () => TranslateCertificate(builder, name));
        }

        Snapshot = builder.Build();
        Objects = next;
        _isInterrupted = false;
        return Snapshot;
    }

    /// <summary>Whether an object of the last snapshot names this one.</summary>
    internal bool IsNamed(NamedObject named) =>
        (named.Kind == "Secret" && _secretUsers.GetValueOrDefault(named.Name) > 0) || _references.IsNamed(named) || _configuration.References.Contains(named);

    /// <summary>As if nothing had been translated yet.</summary>
    private void Forget()
    {
        _slicesByService.Clear();
        _secretUsers.Clear();
        _secretsOfIngress.Clear();
        _problems.Clear();
        _annotations.Clear();
        _externalNames.Clear();
        _references = new ReferenceIndex();
        _configuration = new ControllerConfiguration(_options);
        _node = null;
    }

    /// <summary>Keeps one object that nobody foresaw from costing the others.</summary>
    private void Guard(string kind, NamespacedName name, Action translate)
    {
        try
        {
            translate();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            _faults.Add(new TranslationFault(kind, name, error));
            var problems = new ProblemSink();
            const string Message = "it cannot be translated, by a fault of EdgeProxy; the log has more. Its last version stays in service";
            problems.Add(new Problem(ProblemSeverity.Error, kind, name, null, Message, null) { Reason = ProblemReason.Fault });
            Report(kind, name, problems);
        }
    }

    /// <summary>The node, with what its Node object says.</summary>
    private LocalNode CurrentNode(ObjectSet objects)
    {
        if (!objects.Nodes.TryGetValue(new NamespacedName("", LocalNode.Name), out var node))
        {
            return LocalNode;
        }

        var cidrs = node.Spec?.PodCIDRs ?? (node.Spec?.PodCIDR is { } one ? [one] : []);
        var next = LocalNode with
        {
            Zone = node.Metadata.Labels?.GetValueOrDefault(Node.ZoneLabel) ?? LocalNode.Zone,
            PodCidrs = [.. cidrs.Select(text => IpPrefix.TryParse(text, out var cidr) ? cidr : (IpPrefix?)null).OfType<IpPrefix>()],
        };
        if (NodeAddresses.Of(node) is { IsEmpty: false } addresses)
        {
            next = next with { LoadBalancerAddresses = addresses };
        }

        // Records compare arrays by reference; the same content must not rebuild every Service.
        return _node is { } last
            && last == next with { PodCidrs = last.PodCidrs, LoadBalancerAddresses = last.LoadBalancerAddresses }
            && last.PodCidrs.SequenceEqual(next.PodCidrs)
            && last.LoadBalancerAddresses.SequenceEqual(next.LoadBalancerAddresses)
            ? last
            : next;
    }

    /// <summary>Brings the slice index up to date; returns the Services whose slices changed.</summary>
    private HashSet<NamespacedName> IndexSlices(ObjectSet before, ObjectChanges changes)
    {
        var touched = new HashSet<NamespacedName>();
        foreach (var name in changes.EndpointSlices)
        {
            if (before.EndpointSlices.TryGetValue(name, out var old) && ServiceOf(old) is { } oldService)
            {
                touched.Add(oldService);
                _slicesByService[oldService] = _slicesByService.GetValueOrDefault(oldService, []).Remove(name);
            }

            if (_objects.EndpointSlices.TryGetValue(name, out var slice) && ServiceOf(slice) is { } service)
            {
                touched.Add(service);
                _slicesByService[service] = _slicesByService.GetValueOrDefault(service, []).Add(name);
            }
        }

        return touched;
    }

    private static NamespacedName? ServiceOf(EndpointSlice slice) =>
        slice.Metadata.Labels?.GetValueOrDefault(EndpointSlice.ServiceNameLabel) is { } name ? new NamespacedName(slice.Name.Namespace, name) : null;

    private List<EndpointSlice> SlicesOf(NamespacedName service) =>
        _slicesByService.GetValueOrDefault(service, []).Select(slice => _objects.EndpointSlices[slice]).ToList();

    private List<NamespacedName> ServicesOfNewAnswers()
    {
        var before = _translatedAddresses;
        _translatedAddresses = ExternalAddresses;
        return [.. _externalNames.Where(entry => AddressesOf(before, entry.Value) != AddressesOf(ExternalAddresses, entry.Value)).Select(entry => entry.Key)];
    }

    private static ImmutableArray<IpAddr> AddressesOf(ImmutableDictionary<string, ImmutableArray<IpAddr>> answers, string name) => answers.GetValueOrDefault(name, []);

    private void TranslateService(SnapshotBuilder builder, NamespacedName name, Lazy<ILookup<NamespacedName, ServiceBackendPort>> asked)
    {
        var problems = new ProblemSink();
        _externalNames.Remove(name);
        if (!_objects.Services.TryGetValue(name, out var service))
        {
            builder.RemoveService(name);
        }
        else if (service.Spec.Type is not "ExternalName")
        {
            builder.SetService(ServiceTranslator.Translate(service, SlicesOf(name), _configuration.PortsOf(name), _options, problems));
        }
        else
        {
            TranslateExternal(builder, service, [.. asked.Value[name]], problems);
        }

        Report("Service", name, problems);
    }

    /// <summary>ExternalName is DNS only, except for Ingresses: none, no look-ups.</summary>
    private void TranslateExternal(SnapshotBuilder builder, Service service, IReadOnlyCollection<ServiceBackendPort> asked, ProblemSink problems)
    {
        if (asked.Count == 0 || !_options.AllowExternalNameServices)
        {
            builder.RemoveService(service.Name);
            return;
        }

        var target = ExternalServiceTranslator.TargetOf(service, _options, problems);
        if (target is not null)
        {
            _externalNames[service.Name] = target;
        }

        var addresses = target is null ? [] : AddressesOf(ExternalAddresses, target);
        builder.SetService(ExternalServiceTranslator.Translate(service, asked, addresses, _options, problems));
    }

    private void TranslateIngress(SnapshotBuilder builder, NamespacedName name, HashSet<NamespacedName> certificates)
    {
        var problems = new ProblemSink();
        var secrets = ImmutableArray<NamespacedName>.Empty;
        _annotations.Remove(name);
        IReadOnlyCollection<NamedObject> references = [];
        if (_objects.Ingresses.TryGetValue(name, out var ingress) && IngressClassRule.IsOurs(ingress, _objects.IngressClasses, _options))
        {
            if (IngressClassRule.HasIdleAnnotation(ingress))
            {
                problems.Note(ingress, $"metadata.annotations[{IngressClassRule.DeprecatedAnnotation}]", "not read: spec.ingressClassName says another class");
            }

            var annotations = AnnotationReader.Read(ingress, _objects, _configuration.Options, problems);
            var config = IngressTranslator.Translate(ingress, annotations, problems);
            references = annotations.References;
            if (annotations.Uses.Count > 0)
            {
                _annotations[name] = annotations.Uses;
            }

            secrets = [.. config.Tls.Select(tls => tls.Secret).OfType<NamespacedName>().Distinct()];
            builder.SetIngress(config);
        }
        else
        {
            if (ingress is not null)
            {
                problems.Note(ingress, "spec.ingressClassName", "the Ingress has no class of ours and is not served");
            }

            builder.RemoveIngress(name);
        }

        _references.Set(name, references);
        _named.UnionWith(references);
        _named.UnionWith(secrets.Select(secret => new NamedObject("Secret", secret)));
        CountSecretUsers(name, secrets, certificates);
        Report("Ingress", name, problems);
    }

    /// <summary>Only Secrets that an Ingress names are turned into certificates; those that gained or lost their users are looked at again.</summary>
    private void CountSecretUsers(NamespacedName ingress, ImmutableArray<NamespacedName> secrets, HashSet<NamespacedName> certificates)
    {
        foreach (var secret in _secretsOfIngress.GetValueOrDefault(ingress, []))
        {
            _secretUsers[secret]--;
            certificates.Add(secret);
        }

        foreach (var secret in secrets)
        {
            _secretUsers[secret] = _secretUsers.GetValueOrDefault(secret) + 1;
            certificates.Add(secret);
        }

        _secretsOfIngress[ingress] = secrets;
    }

    private void TranslateCertificate(SnapshotBuilder builder, NamespacedName name)
    {
        var problems = new ProblemSink();
        var used = _secretUsers.GetValueOrDefault(name) > 0 || name == _options.DefaultCertificate;
        if (!used || !_objects.Secrets.TryGetValue(name, out var secret))
        {
            builder.RemoveCertificate(name);
        }
        else if (CertificateTranslator.Translate(secret, problems) is { } certificate && !IsCurrent(certificate))
        {
            builder.SetCertificate(certificate);
        }

        // A Secret that broke keeps its last good certificate: nothing is done to the builder.
        Report("Secret", name, problems);
    }

    /// <summary>The same content keeps its instance, and with it the TLS context and the sessions that can be resumed.</summary>
    private bool IsCurrent(ServerCertificate certificate) =>
        Snapshot.Certificates.TryGetValue(certificate.Name, out var live)
        && string.Equals(live.ChainPem, certificate.ChainPem, StringComparison.Ordinal)
        && string.Equals(live.PrivateKeyPem, certificate.PrivateKeyPem, StringComparison.Ordinal);

    private void ReportConfigMap(NamespacedName name, ProblemSink problems) => Report("ConfigMap", name, problems);

    private void Report(string kind, NamespacedName name, ProblemSink problems)
    {
        if (problems.Problems.Count == 0)
        {
            _problems.Remove((kind, name));
            return;
        }

        _problems[(kind, name)] = problems.Problems;
    }
}
