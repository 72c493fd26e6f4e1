using EdgeProxy.Model;

namespace EdgeProxy.Http.Policies.ExternalAuth;

/// <summary>Verdicts that may be used again (auth-cache-key). Bounded: when it is full the older half is forgotten.</summary>
internal sealed class VerdictCache(TimeProvider time)
{
    private const int Capacity = 16_384;
    private readonly Lock _gate = new(); // guards both generations
    private Dictionary<VerdictKey, Kept> _young = [];
    private Dictionary<VerdictKey, Kept> _old = [];

    /// <summary>A verdict that is still good, or null.</summary>
    public AuthVerdict? Find(in VerdictKey key)
    {
        lock (_gate)
        {
            return (_young.TryGetValue(key, out var kept) || _old.TryGetValue(key, out kept)) && time.GetElapsedTime(kept.At) < kept.Lifetime
                ? kept.Verdict
                : null;
        }
    }

    /// <summary>Keeps a verdict.</summary>
    public void Add(in VerdictKey key, AuthVerdict verdict, TimeSpan lifetime)
    {
        lock (_gate)
        {
            if (_young.Count >= Capacity / 2)
            {
                (_young, _old) = ([], _young);
            }

            _young[key] = new Kept(verdict, time.GetTimestamp(), lifetime);
        }
    }

    private readonly record struct Kept(AuthVerdict Verdict, long At, TimeSpan Lifetime);
}

/// <summary>What a verdict is good for: one host and one location of one Ingress, as it was asked there.</summary>
/// <param name="Ingress">The Ingress.</param>
/// <param name="Host">The request's host.</param>
/// <param name="Path">The rule's path.</param>
/// <param name="Service">auth-url and auth-method as written: another service's word is not this one's.</param>
/// <param name="Headers">auth-response-headers, which say what was kept of the answer.</param>
/// <param name="Key">Digest of auth-cache-key with its values.</param>
internal readonly record struct VerdictKey(NamespacedName Ingress, string Host, string Path, string Service, string Headers, string Key);
