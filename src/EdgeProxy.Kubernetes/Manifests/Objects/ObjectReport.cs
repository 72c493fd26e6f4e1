using EdgeProxy.Kubernetes.Manifests.Syntax;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Manifests.Objects;

/// <summary>Collects the problems of one object while it is read.</summary>
internal sealed class ObjectReport(string file, string? kind, NamespacedName? name, ProblemSink problems)
{
    /// <summary>True once something was found that costs the object.</summary>
    public bool HasErrors { get; private set; }

    public void Error(TextPosition at, string? field, string message)
    {
        HasErrors = true;
        Add(ProblemSeverity.Error, at, field, message);
    }

    public void Warning(TextPosition at, string? field, string message) => Add(ProblemSeverity.Warning, at, field, message);

    public void Note(TextPosition at, string? field, string message) => Add(ProblemSeverity.Note, at, field, message);

    private void Add(ProblemSeverity severity, TextPosition at, string? field, string message) =>
        problems.Add(new Problem(severity, kind, name, field, message, new SourceLocation(file, at.Line, at.Column)));
}
