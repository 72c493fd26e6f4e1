using System.Collections.Concurrent;
using System.Text.Json;
using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Manifests.Objects;

/// <summary>What a field may hold.</summary>
internal enum ShapeKind
{
    Object,
    List,
    Map,
    String,
    Integer,
    Boolean,
    IntOrString,
    Base64,
    Time,
}

/// <summary>
/// The form of a resource type, taken from what its JSON is read with, so that the two cannot disagree. Resource types hold no cycles.
/// </summary>
internal sealed class Shape
{
    private static readonly ConcurrentDictionary<Type, Shape> Known = new();

    private Shape(Type type, ShapeKind kind)
    {
        Type = type;
        Kind = kind;
    }

    /// <summary>The type it describes.</summary>
    public Type Type { get; }

    /// <summary>What may stand there.</summary>
    public ShapeKind Kind { get; }

    /// <summary>An object's fields by the API's names.</summary>
    public Dictionary<string, Shape> Fields { get; } = new(StringComparer.Ordinal);

    /// <summary>What a list or a map holds.</summary>
    public Shape? Element { get; private init; }

    /// <summary>The shape of <paramref name="type"/>, a type that <see cref="ResourceJson"/> knows.</summary>
    public static Shape Of(Type type) => Known.GetOrAdd(Nullable.GetUnderlyingType(type) ?? type, Build);

    private static Shape Build(Type type)
    {
        if (Scalar(type) is { } scalar)
        {
            return new Shape(type, scalar);
        }

        if (type.IsGenericType)
        {
            var kind = type.GetGenericTypeDefinition() == typeof(List<>) ? ShapeKind.List : ShapeKind.Map;
            return new Shape(type, kind) { Element = Of(type.GetGenericArguments()[^1]) };
        }

        var shape = new Shape(type, ShapeKind.Object);
        var contract = ResourceJson.Default.GetTypeInfo(type) ?? throw new InvalidOperationException($"{type.Name} is not in {nameof(ResourceJson)}.");
        foreach (var property in contract.Properties.Where(property => property.Set is not null))
        {
            shape.Fields.Add(property.Name, Of(property.PropertyType));
        }

        return shape;
    }

    private static ShapeKind? Scalar(Type type)
    {
        if (type == typeof(string))
        {
            return ShapeKind.String;
        }

        if (type == typeof(int))
        {
            return ShapeKind.Integer;
        }

        if (type == typeof(bool))
        {
            return ShapeKind.Boolean;
        }

        if (type == typeof(IntOrString))
        {
            return ShapeKind.IntOrString;
        }

        if (type == typeof(byte[]))
        {
            return ShapeKind.Base64;
        }

        return type == typeof(DateTimeOffset) ? ShapeKind.Time : null;
    }
}
