using EdgeProxy.Admin.Documents;
using EdgeProxy.Hosting;
using EdgeProxy.Model;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Admin;

/// <summary>
/// Takes endpoints out and lets them in again: <c>POST /api/v1/endpoints/NAMESPACE/SERVICE/ADDRESS/drain</c> and <c>…/undrain</c>. The state hangs
/// on the backend, so it outlives snapshots and ends with the endpoint, or with the process.
/// </summary>
internal static class EndpointDrains
{
    private const string Prefix = "/api/v1/endpoints/";

    /// <summary>True for a path that this answers, or would if it were complete.</summary>
    public static bool Has(string path) => path.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Does what a path says; null, and why, when it cannot be done.</summary>
    /// <param name="path">The path. ADDRESS is an IP address, for every port of the Service, or one with a port.</param>
    /// <param name="snapshot">Where to look.</param>
    /// <param name="logger">Is told.</param>
    /// <param name="mistake">Why not.</param>
    public static DrainedDocument? Apply(string path, ProxySnapshot snapshot, ILogger logger, out string mistake)
    {
        mistake = $"it is POST {Prefix}NAMESPACE/SERVICE/ADDRESS/drain or undrain, ADDRESS being 10.0.0.7, 10.0.0.7:8080 or [fd00::7]:8080";
        if (path[Prefix.Length..].Split('/') is not [var ns, var name, var address, ("drain" or "undrain") and var verb])
        {
            return null;
        }

        var service = new NamespacedName(ns, name);
        if (!snapshot.Services.TryGetValue(service, out var entry))
        {
            mistake = $"there is no Service {service}";
            return null;
        }

        var found = entry.Ports.SelectMany(port => port.Backends.Select(backend => (Port: port, Backend: backend))).Where(each => Is(each.Backend.Address, address)).ToList();
        if (found.Count == 0)
        {
            mistake = $"Service {service} has no endpoint {address}";
            return null;
        }

        foreach (var (port, backend) in found)
        {
            var drains = verb == "drain";
            if (backend.IsDrained != drains)
            {
                backend.IsDrained = drains;
                ProcessLog.EndpointDrained(logger, drains ? "drained" : "let in again", backend, port.Name);
            }
        }

        return new DrainedDocument([.. found.Select(each => new DrainedEndpointDocument(each.Port.Name.ToString(), each.Backend.Address.ToString(), each.Backend.IsDrained, each.Backend.Active))]);
    }

    private static bool Is(EndpointAddress endpoint, string wanted) =>
        endpoint.ToString().Equals(wanted, StringComparison.OrdinalIgnoreCase)
        || (IpAddr.TryParse(wanted.Trim('[', ']'), out var address) && endpoint.Address == address);
}
