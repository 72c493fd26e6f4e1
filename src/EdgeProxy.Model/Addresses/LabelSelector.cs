using System.Collections.Immutable;

namespace EdgeProxy.Model;

/// <summary>Which objects are meant, by their labels (metav1.LabelSelector): every one of its requirements holds. Without any it means all.</summary>
/// <param name="Requirements">What must hold.</param>
public sealed record LabelSelector(ImmutableArray<LabelRequirement> Requirements)
{
    /// <summary>True when <paramref name="labels"/> meet every requirement; null is no labels.</summary>
    public bool Matches(IReadOnlyDictionary<string, string>? labels)
    {
        foreach (var requirement in Requirements)
        {
            if (!requirement.Holds(labels))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>One requirement of a <see cref="LabelSelector"/>.</summary>
/// <param name="Key">The label.</param>
/// <param name="Operator">What is asked of it.</param>
/// <param name="Values">Of <see cref="LabelOperator.In"/> and <see cref="LabelOperator.NotIn"/>.</param>
public sealed record LabelRequirement(string Key, LabelOperator Operator, ImmutableArray<string> Values)
{
    /// <summary>True when <paramref name="labels"/> meet it. As in Kubernetes, an object without the label meets NotIn.</summary>
    public bool Holds(IReadOnlyDictionary<string, string>? labels)
    {
        var value = labels?.GetValueOrDefault(Key);
        return Operator switch
        {
            LabelOperator.In => value is not null && Values.Contains(value),
            LabelOperator.NotIn => value is null || !Values.Contains(value),
            LabelOperator.Exists => value is not null,
            _ => value is null,
        };
    }
}

/// <summary>metav1.LabelSelectorOperator.</summary>
public enum LabelOperator
{
    /// <summary>The value is one of those named; matchLabels is this with one value.</summary>
    In,

    /// <summary>The value is none of those named, or there is none.</summary>
    NotIn,

    /// <summary>The label is there.</summary>
    Exists,

    /// <summary>The label is not there.</summary>
    DoesNotExist,
}
