using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Problems;

/// <summary>Collects problems while objects are read, validated and translated. Not thread-safe.</summary>
public sealed class ProblemSink
{
    private readonly List<Problem> _problems = [];

    /// <summary>Everything collected so far, in order.</summary>
    public IReadOnlyList<Problem> Problems => _problems;

    /// <summary>Adds a finished problem.</summary>
    public void Add(Problem problem) => _problems.Add(problem);

    /// <summary>Adds a problem of an object's field (null: the whole object), placed by the object's origin.</summary>
    public void Add(ProblemSeverity severity, KubernetesObject subject, string? field, string message, ProblemReason reason = ProblemReason.Other) =>
        _problems.Add(new Problem(severity, subject.Kind, subject.Name, field, message, subject.Origin?.Locate(field)) { Reason = reason });

    /// <summary>The object or the named part of it is not served.</summary>
    public void Error(KubernetesObject subject, string? field, string message, ProblemReason reason = ProblemReason.Other) =>
        Add(ProblemSeverity.Error, subject, field, message, reason);

    /// <summary>The object is served, but probably not as meant.</summary>
    public void Warning(KubernetesObject subject, string? field, string message, ProblemReason reason = ProblemReason.Other) =>
        Add(ProblemSeverity.Warning, subject, field, message, reason);

    /// <summary>Worth knowing; nothing is lost.</summary>
    public void Note(KubernetesObject subject, string? field, string message) => Add(ProblemSeverity.Note, subject, field, message);
}
