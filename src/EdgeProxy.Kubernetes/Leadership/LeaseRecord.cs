namespace EdgeProxy.Kubernetes.Leadership;

/// <summary>What a Lease says (coordination.k8s.io/v1 LeaseSpec). Its times are its writer's; nobody else reckons with them.</summary>
/// <param name="Holder">Who has it; empty for nobody.</param>
/// <param name="Duration">How long to leave it alone after a renewal.</param>
/// <param name="AcquireTime">When the holder took it.</param>
/// <param name="RenewTime">When the holder last said that it is still there.</param>
/// <param name="Transitions">How often it changed hands.</param>
internal sealed record LeaseRecord(string Holder, TimeSpan Duration, DateTimeOffset AcquireTime, DateTimeOffset RenewTime, int Transitions);

/// <summary>A Lease as it is stored.</summary>
/// <param name="Record">What it says.</param>
/// <param name="ResourceVersion">The version that says it; a write names it, so that of two writers one fails.</param>
internal sealed record StoredLease(LeaseRecord Record, string ResourceVersion);
