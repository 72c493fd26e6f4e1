using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Writing;
using EdgeProxy.Model;
using EdgeProxy.Model.Routing;

namespace EdgeProxy.Kubernetes.Events;

/// <summary>One generation → everything worth an Event. Pure.</summary>
internal sealed class ConditionFinder(ClusterState state, LoadBalancerOptions loadBalancer, DateTimeOffset now)
{
    /// <summary>As ingress-nginx. cert-manager renews a month before, so whoever gets this far has a problem.</summary>
    public static readonly TimeSpan ExpiryNotice = TimeSpan.FromDays(10);

    private const string IngressVersion = "networking.k8s.io/v1";

    /// <summary>Finds all, each once.</summary>
    public IReadOnlySet<EventCondition> Find() => OfProblems().Concat(OfIngresses()).Concat(OfCertificates()).Concat(OfFrontends()).Concat(OfAddresses()).ToHashSet();

    private IEnumerable<EventCondition> OfProblems() =>
        from problem in state.Problems
        where ReasonOf(problem) is not null
        let regarding = Refer(problem.Kind, problem.Object)
        where regarding is not null
        select new EventCondition(regarding, ReasonOf(problem)!.Value, problem.Field is null ? problem.Message : $"{problem.Field}: {problem.Message}");

    private static EventReason? ReasonOf(Problem problem) => problem switch
    {
        { Reason: ProblemReason.Shadowed } => EventReason.Shadowed,
        { Reason: ProblemReason.BackendMissing } => EventReason.BackendMissing,
        { Reason: ProblemReason.CertificateInvalid } => EventReason.CertificateInvalid,
        { Reason: ProblemReason.AnnotationIgnored } => EventReason.AnnotationIgnored,
        { Reason: ProblemReason.AllocationFailed } => EventReason.AllocationFailed,
        { Reason: ProblemReason.Conflict } => EventReason.Conflict,
        { Severity: ProblemSeverity.Error } => EventReason.Rejected,
        _ => null,
    };

    private IEnumerable<EventCondition> OfIngresses()
    {
        var rejected = state.Problems.Where(problem => problem.Kind == "Ingress" && ReasonOf(problem) == EventReason.Rejected)
            .Select(problem => problem.Object).ToHashSet();
        foreach (var config in state.Snapshot.Routes.Ingresses.Values)
        {
            if (Refer("Ingress", config.Name) is not { } regarding)
            {
                continue;
            }

            if (!rejected.Contains(config.Name))
            {
                yield return new EventCondition(regarding, EventReason.Accepted, "the Ingress is served");
            }

            foreach (var backend in BackendsOf(config).Where(IsWithoutEndpoints))
            {
                yield return new EventCondition(regarding, EventReason.NoEndpoints, $"Service port {backend} has no endpoint that may serve; its paths answer 503");
            }
        }
    }

    private static IEnumerable<BackendReference> BackendsOf(IngressConfig config) =>
        config.Rules.SelectMany(rule => rule.Paths).Select(path => path.Backend).Append(config.DefaultBackend).OfType<BackendReference>().Distinct();

    // A Service that is not there is BackendMissing, which is said already.
    private bool IsWithoutEndpoints(BackendReference backend) =>
        state.Snapshot.Find(backend) is { } port && !port.HasUsableEndpoint(ipv6: false) && !port.HasUsableEndpoint(ipv6: true);

    private IEnumerable<EventCondition> OfCertificates() =>
        from certificate in state.Snapshot.Certificates.Values
        where certificate.NotAfter - now < ExpiryNotice
        let regarding = Refer("Secret", certificate.Name)
        where regarding is not null
        select new EventCondition(regarding, EventReason.CertificateExpiring, $"the certificate ends at {certificate.NotAfter:yyyy-MM-dd HH:mm:ss'Z'}");

    /// <summary>One for each pair of Services, however many addresses they ask for both.</summary>
    private IEnumerable<EventCondition> OfFrontends() =>
        from claims in state.Snapshot.Frontends.Values
        where claims.Claims.Length > 1
        from loser in claims.Claims.Skip(1)
        let owner = claims.Winner.ServicePort.Service
        where loser.Frontend.ServicePort.Service != owner
        group loser.Frontend.Address by (Loser: loser.Frontend.ServicePort.Service, Owner: owner) into conflict
        let regarding = Refer("Service", conflict.Key.Loser)
        where regarding is not null
        let address = conflict.MinBy(address => address.ToString(), StringComparer.Ordinal)
        select new EventCondition(regarding, EventReason.Conflict, $"{address} is served by Service {conflict.Key.Owner}, which is older");

    private IEnumerable<EventCondition> OfAddresses() =>
        from service in loadBalancer.IsEnabled ? state.Objects.Services.Values : []
        where loadBalancer.IsOurs(service)
        let addresses = string.Join(", ", (service.Status?.LoadBalancer?.Ingress ?? []).Select(entry => entry.Ip ?? entry.Hostname))
        where addresses.Length > 0
        let regarding = Refer("Service", service.Name)
        where regarding is not null
        select new EventCondition(regarding, EventReason.AddressAllocated, $"the Service has the load-balancer addresses {addresses}");

    private Regarding? Refer(string? kind, NamespacedName? name) => name is not { } known ? null : kind switch
    {
        "Ingress" => Refer(IngressVersion, kind, known, state.Objects.Ingresses.GetValueOrDefault(known)),
        "IngressClass" => Refer(IngressVersion, kind, known, state.Objects.IngressClasses.GetValueOrDefault(known)),
        "Service" => Refer("v1", kind, known, state.Objects.Services.GetValueOrDefault(known)),
        "Secret" => Refer("v1", kind, known, state.Objects.Secrets.GetValueOrDefault(known)),
        "ConfigMap" => Refer("v1", kind, known, state.Objects.ConfigMaps.GetValueOrDefault(known)),
        _ => null,
    };

    // One that was refused altogether is not among the objects; then nobody knows its uid.
    private static Regarding Refer(string apiVersion, string kind, NamespacedName name, KubernetesObject? subject) =>
        new(apiVersion, kind, name, subject?.Metadata.Uid);
}
