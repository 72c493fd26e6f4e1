using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EdgeProxy.Kubernetes.Manifests.Syntax;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Manifests.Objects;

/// <summary>Makes objects of a file's document trees: lists are opened, kinds and versions checked, fields checked and read.</summary>
internal sealed class ObjectReader(string file, ProblemSink problems)
{
    private const string DefaultNamespace = "default";
    private readonly List<ReadObject> _items = [];
    private readonly HashSet<ObjectKey> _broken = [];
    private readonly PositionKeys _keys = new();

    // One object's JSON after the other.
    private readonly ArrayBufferWriter<byte> _json = new(4096);

    /// <summary>The objects read so far.</summary>
    public IReadOnlyList<ReadObject> Items => _items;

    /// <summary>Objects whose name is known, but which could not be read.</summary>
    public IReadOnlySet<ObjectKey> Broken => _broken;

    /// <summary>True once something was seen that may have been any object.</summary>
    public bool HasUnreadableParts { get; private set; }

    /// <summary>Reads one document.</summary>
    public void Read(ManifestNode root) => Read(root, null, null);

    // Items of a typed list such as ServiceList carry neither kind nor apiVersion when they come from the API: the list says it for them.
    private void Read(ManifestNode root, string? listedKind, string? listedVersion)
    {
        if (root is not MappingNode mapping)
        {
            Lose(null, null, root.Position, null, "a manifest must be an object with apiVersion, kind and metadata");
            return;
        }

        var kind = mapping.TextOf("kind") ?? listedKind;
        var apiVersion = mapping.TextOf("apiVersion") ?? listedVersion;
        if (string.IsNullOrEmpty(kind))
        {
            Lose(null, NameOf(mapping, isNamespaced: true), mapping.PositionOf("kind"), "kind", "Required value");
        }
        else if (IsList(kind, mapping))
        {
            ReadItems(mapping, kind, apiVersion);
        }
        else if (string.IsNullOrEmpty(apiVersion))
        {
            Lose(kind, NameOf(mapping, isNamespaced: true), mapping.PositionOf("apiVersion"), "apiVersion", "Required value");
        }
        else if (ManifestKind.Find(kind) is { } known)
        {
            ReadKnown(mapping, known, apiVersion);
        }
        else
        {
            Skip(mapping, kind, apiVersion);
        }
    }

    private static bool IsList(string kind, MappingNode mapping) =>
        kind == "List"
        || (kind.EndsWith("List", StringComparison.Ordinal) && (mapping["items"] is SequenceNode || ManifestKind.Find(kind[..^4]) is not null));

    private void ReadItems(MappingNode list, string kind, string? apiVersion)
    {
        foreach (var duplicate in list.Duplicates)
        {
            new ObjectReport(file, kind, null, problems).Warning(
                duplicate.Last,
                duplicate.Key,
                $"duplicate key \"{duplicate.Key}\", already set in line {duplicate.First.Line}; the last one is used");
        }

        var typed = kind != "List";
        switch (list["items"])
        {
            case SequenceNode sequence:
                sequence.Items.ForEach(item => Read(item, typed ? kind[..^4] : null, typed ? apiVersion : null));
                break;
            case not null:
                Lose(kind, null, list.PositionOf("items"), "items", "Invalid value: must be a list");
                break;
        }
    }

    private void ReadKnown(MappingNode mapping, ManifestKind kind, string apiVersion)
    {
        var name = NameOf(mapping, kind.IsNamespaced);
        if (kind.TypeOf(apiVersion) is not { } type)
        {
            RefuseVersion(mapping, kind, apiVersion, name);
            return;
        }

        var report = new ObjectReport(file, kind.Kind, name, problems);
        if (name is null && mapping["metadata"] is null or MappingNode)
        {
            RequireName(mapping, report);
        }

        _json.ResetWrittenCount();
        if (!new ObjectJsonWriter(report, new ScalarWording(type == typeof(Secret)), _json).TryWrite(mapping, Shape.Of(type)) || name is null)
        {
            Lose(kind.Kind, name);
            return;
        }

        var subject = Deserialize(_json.WrittenSpan, type);
        subject.Kind = kind.Kind;
        subject.ApiVersion = SharedStrings.Of(apiVersion);
        subject.Metadata.Namespace = name.Value.Namespace;
        subject.Origin = new ManifestOrigin(file, new PositionTable(mapping, _keys), FieldsAsWritten(type));
        _items.Add(new ReadObject(new ObjectKey(kind.Kind, name.Value), subject, Digest(apiVersion)));
    }

    private static KubernetesObject Deserialize(ReadOnlySpan<byte> json, Type type) => JsonSerializer.Deserialize(json, ResourceJson.Default.GetTypeInfo(type)!) switch
    {
        IngressV1Beta1 ingress => BetaIngress.ToV1(ingress),
        EndpointSliceV1Beta1 slice => BetaEndpointSlice.ToV1(slice),
        var served => (KubernetesObject)served!,
    };

    private static Func<string, string>? FieldsAsWritten(Type type)
    {
        if (type == typeof(IngressV1Beta1))
        {
            return BetaIngress.FieldAsWritten;
        }

        return type == typeof(EndpointSliceV1Beta1) ? BetaEndpointSlice.FieldAsWritten : null;
    }

    // The kind is part of the object's key; the rest of what a typed list says for its items is the version. It stands behind the JSON.
    private UInt128 Digest(string apiVersion)
    {
        Encoding.UTF8.GetBytes(apiVersion, _json);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(_json.WrittenSpan, hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    private static NamespacedName? NameOf(MappingNode mapping, bool isNamespaced)
    {
        if (mapping["metadata"] is not MappingNode metadata || string.IsNullOrEmpty(metadata.TextOf("name")))
        {
            return null;
        }

        var ns = metadata.TextOf("namespace");
        return new NamespacedName(
            isNamespaced ? (string.IsNullOrEmpty(ns) ? DefaultNamespace : SharedStrings.Of(ns)) : "", SharedStrings.Of(metadata.TextOf("name")!));
    }

    private static void RequireName(MappingNode mapping, ObjectReport report)
    {
        var metadata = mapping["metadata"] as MappingNode;
        if (metadata?["name"] is null or ScalarNode)
        {
            var generated = metadata?["generateName"] is not null;
            var at = metadata?["name"] is null ? mapping.PositionOf("metadata") : metadata.PositionOf("name");
            report.Error(at, "metadata.name", generated ? "Required value: names are not generated for manifests" : "Required value");
        }
    }

    private void RefuseVersion(MappingNode mapping, ManifestKind kind, string apiVersion, NamespacedName? name)
    {
        if (!ManifestKind.IsKubernetesGroup(apiVersion))
        {
            Skip(mapping, kind.Kind, apiVersion);
            return;
        }

        var read = string.Join(", ", kind.Versions.Select(version => version.ApiVersion));

        // Nothing that stands in a Secret is quoted, not even this: broken indentation can bring a value here.
        var version = kind.Kind == nameof(Secret) ? "this version" : $"version \"{apiVersion}\"";
        Lose(kind.Kind, name, mapping.PositionOf("apiVersion"), "apiVersion", $"no kind \"{kind.Kind}\" in {version}; it is read in {read}");
    }

    private void Skip(MappingNode mapping, string kind, string apiVersion)
    {
        if (ManifestKind.Find(kind) is null && ManifestKind.FindMisspelt(kind, apiVersion) is { } meant)
        {
            var name = NameOf(mapping, meant.IsNamespaced);
            new ObjectReport(file, kind, name, problems).Warning(
                mapping.PositionOf("kind"), "kind", $"kind \"{kind}\" ({apiVersion}) is not known, did you mean \"{meant.Kind}\"?");
            Lose(meant.Kind, name);
            return;
        }

        // Whether a kind nobody here knows is namespaced cannot be told: the name is given as far as it is written.
        var written = NameOf(mapping, isNamespaced: true);
        var ns = (mapping["metadata"] as MappingNode)?.TextOf("namespace");
        new ObjectReport(file, kind, written is { } found ? found with { Namespace = ns ?? "" } : null, problems).Note(
            mapping.Position, null, $"kind \"{kind}\" ({apiVersion}) is not used; skipped");
    }

    private void Lose(string? kind, NamespacedName? name, TextPosition at, string? field, string message)
    {
        new ObjectReport(file, kind, name, problems).Error(at, field, message);
        Lose(kind, name);
    }

    private void Lose(string? kind, NamespacedName? name)
    {
        if (kind is null || name is null)
        {
            HasUnreadableParts = true;
            return;
        }

        _broken.Add(new ObjectKey(kind, name.Value));
    }
}
