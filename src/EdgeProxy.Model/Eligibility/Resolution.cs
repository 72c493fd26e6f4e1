using System.Collections.Immutable;

namespace EdgeProxy.Model.Eligibility;

/// <summary>The outcome for one client and one destination: the verdict and, when it is Forward, who may serve.</summary>
public readonly record struct Resolution(Verdict Verdict, ServicePort? ServicePort, ImmutableArray<Backend> Candidates)
{
    /// <summary>A verdict without candidates.</summary>
    public static Resolution Of(Verdict verdict, ServicePort? servicePort = null) => new(verdict, servicePort, []);
}
