using System.Collections.Immutable;

namespace EdgeProxy.Kubernetes.Annotations.Snippets;

/// <summary>One statement of nginx's configuration language.</summary>
/// <param name="Name">Its first word.</param>
/// <param name="Arguments">The other words, quotes taken off.</param>
/// <param name="IsPlain">True when it stands at the top and ends with a semicolon; false for a block and for what is inside one.</param>
internal sealed record NginxDirective(string Name, ImmutableArray<string> Arguments, bool IsPlain);
