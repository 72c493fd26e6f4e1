using System.Globalization;

namespace EdgeProxy.Http.Reporting;

/// <summary>The labels of ingress-nginx's request metrics.</summary>
/// <param name="Host">Host of the rule; <c>_</c> when every host is meant, or none was found.</param>
/// <param name="Namespace">Of the Ingress; empty without one.</param>
/// <param name="Ingress">Its name.</param>
/// <param name="Path">Path of the rule.</param>
/// <param name="Service">Name of the Service.</param>
/// <param name="Canary">The Ingress's canary; empty when it did not serve.</param>
/// <param name="Method">The method, if it is a known one.</param>
/// <param name="Status">The status the client saw.</param>
public readonly record struct NginxLabels(
    string Host, string Namespace, string Ingress, string Path, string Service, string Canary, string Method, int Status)
{
    /// <summary>What comes when there is no room for more sets of labels.</summary>
    public static NginxLabels Overflow { get; } = new("", "", "_overflow", "", "", "", "", 0);

    /// <summary>Names and values.</summary>
    public KeyValuePair<string, object?>[] Tags() =>
    [
        new("canary", Canary), new("host", Host), new("ingress", Ingress), new("method", Method), new("namespace", Namespace), new("path", Path),
        new("service", Service), new("status", Status.ToString(CultureInfo.InvariantCulture)),
    ];

    internal static NginxLabels Of(IServedRequest request, in RequestLabels labels) => request.Route is { } route
        ? new(
            route.Host.Length == 0 ? "_" : route.Host,
            route.Ingress.Namespace,
            route.Ingress.Name,
            route.Path,
            request.ServicePort?.Name.Service.Name ?? "",
            request.IsCanary && route.Canary is { } canary ? $"{canary.Backend.Service.Namespace}-{canary.Backend.Service.Name}" : "",
            labels.Method,
            labels.Status)
        : new("_", "", "", "", "", "", labels.Method, labels.Status);
}
