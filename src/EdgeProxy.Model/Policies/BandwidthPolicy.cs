namespace EdgeProxy.Model.Policies;

/// <summary>How fast one answer's body is sent.</summary>
/// <param name="BytesPerSecond">Annotation limit-rate; more than 0.</param>
/// <param name="After">Annotation limit-rate-after: bytes that go at full speed first; 0: none.</param>
public sealed record BandwidthPolicy(long BytesPerSecond, long After);
