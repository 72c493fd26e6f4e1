using System.Collections.Immutable;
using System.Globalization;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Translation;

/// <summary>Service of type ExternalName → a Service without frontends, for Ingresses alone; its endpoints are what its name means. Pure.</summary>
internal static class ExternalServiceTranslator
{
    /// <summary>The name to resolve, without a final dot. Null for one that is plainly this machine, which is reported.</summary>
    public static string? TargetOf(Service service, TranslationOptions options, ProblemSink problems)
    {
        var name = (service.Spec.ExternalName ?? "").TrimEnd('.');
        if (!options.UnsafeLocalTargets && IsLocal(name))
        {
            problems.Error(service, "spec.externalName", $"Invalid value: \"{name}\": leads to this machine or to a link-local address; paths to it answer 503 (--unsafe-local-targets allows it)", ProblemReason.ExternalNameRefused);
            return null;
        }

        return name;
    }

    /// <summary>
    /// Translates a Service that Ingresses name by <paramref name="asked"/>: to each of its own TCP ports comes one for every other number. Endpoints
    /// have the number of targetPort, or of the port where that is none.
    /// </summary>
    public static ServiceConfig Translate(
        Service service, IReadOnlyCollection<ServiceBackendPort> asked, ImmutableArray<IpAddr> addresses, TranslationOptions options, ProblemSink problems)
    {
        var annotations = ServiceAnnotations.Read(service, options, problems);
        var own = (service.Spec.Ports ?? []).Where(port => port.Protocol is null or "TCP").ToList();
        var others = asked.Where(port => port.Name is null).Select(port => port.Number ?? 0).Except(own.Select(port => port.Port ?? 0)).Where(number => number is > 0 and <= ushort.MaxValue);
        return new ServiceConfig
        {
            Name = service.Name,
            Created = service.Metadata.CreationTimestamp,
            Scheduling = annotations.Scheduling,
            EjectsFailing = annotations.EjectsFailing,
            Timeouts = annotations.Timeouts,
            HealthCheck = annotations.HealthCheck,
            ClientAddress = annotations.ClientAddress,
            Ports =
            [
                .. own.Select(port => Port(port.Name ?? "", port.Port ?? 0, port.TargetPort is { Number: > 0 } target ? target.Number : port.Port ?? 0, port.AppProtocol, addresses)),

                // A name of digits alone can be no other port's.
                .. others.Select(number => Port(number.ToString(CultureInfo.InvariantCulture), number, number, appProtocol: null, addresses)),
            ],
        };
    }

    private static ServicePortConfig Port(string name, int number, int target, string? appProtocol, ImmutableArray<IpAddr> addresses) => new()
    {
        Name = name,
        Port = (ushort)number,
        AppProtocol = appProtocol,
        Endpoints = [.. addresses.Select(address => new Endpoint { Address = new EndpointAddress(address, (ushort)target) })],
    };

    private static bool IsLocal(string name) =>
        name is "localhost"
        || name.EndsWith(".localhost", StringComparison.Ordinal)
        || (IpAddr.TryParse(name, out var address) && LocalTargets.Contains(address));
}
