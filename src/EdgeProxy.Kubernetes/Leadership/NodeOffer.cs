using System.Collections.Immutable;
using System.Text.Json;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Leadership;

/// <summary>What a node says of itself in an annotation of its Lease.</summary>
internal sealed class NodeOffer
{
    /// <summary>The annotation.</summary>
    public const string Annotation = "edgeproxy.io/announces";

    /// <summary>Interfaces with their networks, in order.</summary>
    public List<NodeOfferInterface>? Interfaces { get; set; }

    /// <summary>Labels of the node that pools ask for.</summary>
    public Dictionary<string, string>? Labels { get; set; }

    public static string Write(AnnouncingNode node) => JsonSerializer.Serialize(
        new NodeOffer
        {
            Interfaces = [.. node.Interfaces.Select(each => new NodeOfferInterface { Name = each.Name, Networks = [.. each.Networks.Select(network => network.ToString())] })],
            Labels = node.Labels.IsEmpty ? null : node.Labels.ToDictionary(),
        },
        LeaseJson.Default.NodeOffer);

    /// <summary>Reads it; what cannot be read is left out, so that such a node takes no addresses.</summary>
    public static AnnouncingNode Read(string node, string? text)
    {
        NodeOffer? offer = null;
        try
        {
            offer = text is null ? null : JsonSerializer.Deserialize(text, LeaseJson.Default.NodeOffer);
        }
        catch (JsonException)
        {
            // Of another version, or of somebody else.
        }

        return new AnnouncingNode(node, [.. (offer?.Interfaces ?? []).Select(each => each.Read())])
        {
            Labels = offer?.Labels?.ToImmutableSortedDictionary(StringComparer.Ordinal) ?? ImmutableSortedDictionary<string, string>.Empty,
        };
    }
}

/// <summary>An interface in a <see cref="NodeOffer"/>.</summary>
internal sealed class NodeOfferInterface
{
    public string? Name { get; set; }

    public List<string>? Networks { get; set; }

    public AnnouncingInterface Read() => new(
        Name ?? "",
        [.. (Networks ?? []).Select(text => IpPrefix.TryParse(text, out var network) ? network : (IpPrefix?)null).OfType<IpPrefix>()]);
}
