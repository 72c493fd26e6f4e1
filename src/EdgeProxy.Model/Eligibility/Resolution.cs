using System.Collections.Immutable;
using EdgeProxy.Model.Scheduling;

namespace EdgeProxy.Model.Eligibility;

/// <summary>The outcome for one client and one destination: the verdict and, when it is Forward, who picks among those that may serve.</summary>
public readonly record struct Resolution(Verdict Verdict, ServicePort? ServicePort, Scheduler Scheduler)
{
    /// <summary>Who may serve.</summary>
    public ImmutableArray<Backend> Candidates => Scheduler.Candidates;

    /// <summary>A verdict without candidates.</summary>
    public static Resolution Of(Verdict verdict, ServicePort? servicePort = null) => new(verdict, servicePort, Scheduler.None);
}
