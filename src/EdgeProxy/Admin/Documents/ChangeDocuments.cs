using System.Collections.Immutable;

namespace EdgeProxy.Admin.Documents;

/// <summary>What <c>drain</c> and <c>undrain</c> did.</summary>
/// <param name="Endpoints">The endpoints with that address, one for each port of the Service that has it.</param>
internal sealed record DrainedDocument(ImmutableArray<DrainedEndpointDocument> Endpoints);

/// <summary>An endpoint as it is from now on.</summary>
/// <param name="Service">Its Service port.</param>
/// <param name="Address">Where it listens.</param>
/// <param name="Drained">True: it gets nothing new.</param>
/// <param name="Open">Connections, flows and requests it still has.</param>
internal sealed record DrainedEndpointDocument(string Service, string Address, bool Drained, int Open);

/// <summary><c>/api/v1/log-level</c>, both what is answered and, without <paramref name="Configured"/>, what is sent.</summary>
/// <param name="Level">trace, debug, information, warning, error or none.</param>
/// <param name="Configured">What it is after a restart.</param>
internal sealed record LogLevelDocument(string? Level, string? Configured = null);
