using EdgeProxy.Transport.Interop;

namespace EdgeProxy.Transport.Loops;

/// <summary>A descriptor registered with a loop, once and for life. Whoever implements this owns and closes it.</summary>
internal interface IPolledDescriptor
{
    /// <summary>The key its events carry while registered; 0 otherwise. The loop's <see cref="RegistrationTable"/> sets it.</summary>
    ulong RegistrationKey { get; set; }

    /// <summary>Called on the loop with what became true. Edge-triggered: nothing is said twice.</summary>
    void OnReady(Readiness events);

    /// <summary>Called on the loop when <see cref="OnReady"/> threw.</summary>
    void OnException();

    /// <summary>Called on the loop, last thing before it ends: close.</summary>
    void OnLoopStopping();
}
