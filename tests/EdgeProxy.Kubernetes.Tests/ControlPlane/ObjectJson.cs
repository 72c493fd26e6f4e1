using System.Collections.Immutable;
using System.Text.Json;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Tests.ControlPlane;

/// <summary>Objects from JSON, straight into the resource types: these tests are about the control plane, not about the loader.</summary>
internal static class ObjectJson
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web);

    public static ObjectSet ReadAll(IEnumerable<JsonElement> objects)
    {
        var set = ObjectSet.Empty;
        foreach (var element in objects)
        {
            set = Add(set, Read(element));
        }

        return set;
    }

    public static ObjectSet ReadAll(params ReadOnlySpan<string> objects) => Set(objects.ToArray().Select(Read));

    public static ObjectSet Set(params IEnumerable<KubernetesObject> objects) => objects.Aggregate(ObjectSet.Empty, Add);

    public static T Read<T>(string json)
        where T : KubernetesObject => (T)Read(json);

    public static KubernetesObject Read(string json) => Read(JsonDocument.Parse(json).RootElement);

    public static ObjectSet Add(ObjectSet set, KubernetesObject item) => item switch
    {
        Service each => set with { Services = set.Services.SetItem(each.Name, each) },
        Endpoints each => set with { Endpoints = set.Endpoints.SetItem(each.Name, each) },
        EndpointSlice each => set with { EndpointSlices = set.EndpointSlices.SetItem(each.Name, each) },
        Pod each => set with { Pods = set.Pods.SetItem(each.Name, each) },
        Node each => set with { Nodes = set.Nodes.SetItem(each.Name, each) },
        Ingress each => set with { Ingresses = set.Ingresses.SetItem(each.Name, each) },
        IngressClass each => set with { IngressClasses = set.IngressClasses.SetItem(each.Name, each) },
        Secret each => set with { Secrets = set.Secrets.SetItem(each.Name, each) },
        ConfigMap each => set with { ConfigMaps = set.ConfigMaps.SetItem(each.Name, each) },
        _ => throw new NotSupportedException(item.Kind),
    };

    /// <summary>Names as <c>Kind namespace/name</c>, sorted.</summary>
    public static IEnumerable<string> NamesOf(ObjectSet set) => All(set).Select(item => $"{item.Kind} {item.Name}").Order(StringComparer.Ordinal);

    private static IEnumerable<KubernetesObject> All(ObjectSet set) =>
        Values(set.Services).Concat(Values(set.Endpoints)).Concat(Values(set.Ingresses)).Concat(Values(set.IngressClasses)).Concat(Values(set.Secrets))
            .Concat(Values(set.ConfigMaps)).Concat(Values(set.Pods)).Concat(Values(set.Nodes)).Concat(Values(set.EndpointSlices));

    private static IEnumerable<KubernetesObject> Values<T>(ImmutableDictionary<NamespacedName, T> items)
        where T : KubernetesObject => items.Values;

    private static KubernetesObject Read(JsonElement element)
    {
        var kind = element.GetProperty("kind").GetString()!;
        var type = typeof(KubernetesObject).Assembly.GetType($"EdgeProxy.Kubernetes.Resources.{kind}", throwOnError: true)!;
        var item = (KubernetesObject)element.Deserialize(type, s_options)!;
        if (item is not (Node or IngressClass))
        {
            item.Metadata.Namespace ??= "default";
        }

        return item;
    }
}
