namespace EdgeProxy.Admin.Documents;

/// <summary><c>/api/v1/problems</c>.</summary>
/// <param name="Matching">How many match the query.</param>
/// <param name="Problems">What is wrong with objects and files, as of the last look at all of them.</param>
internal sealed record ProblemsDocument(int Matching, IEnumerable<ProblemDocument> Problems);

/// <summary>One thing that is wrong.</summary>
/// <param name="Severity"><c>error</c> (not served), <c>warning</c> (probably not as meant) or <c>note</c>.</param>
/// <param name="Kind">Of the object; null when a file is the problem.</param>
/// <param name="Namespace">Of the object.</param>
/// <param name="Name">Of the object.</param>
/// <param name="Field">Path of the field; null: the whole object.</param>
/// <param name="Reason">A word that does not change.</param>
/// <param name="Message">What is wrong, in words.</param>
/// <param name="File">Where it stands, for manifests.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
internal sealed record ProblemDocument(
    string Severity, string? Kind, string? Namespace, string? Name, string? Field, string Reason, string Message, string? File, int? Line, int? Column);
