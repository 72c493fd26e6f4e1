using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Validation;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>
/// The door of one kind: sound objects pass, refused ones are reported and leave the last accepted version in service, as an API
/// server's refusal of an update would. Every object is validated once, however often it is seen.
/// </summary>
internal sealed class Admission<TKey, T>
    where TKey : notnull
    where T : KubernetesObject
{
    private readonly Memo<ImmutableDictionary<TKey, T>, ImmutableDictionary<TKey, T>> _passed = new();
    private Dictionary<TKey, (T Written, IReadOnlyList<FieldError> Errors)> _verdicts = [];

    /// <summary>What is in service since the last <see cref="Serve"/>.</summary>
    public ImmutableDictionary<TKey, T> Served { get; private set; } = ImmutableDictionary<TKey, T>.Empty;

    /// <summary>The sound ones among the written; the others are reported.</summary>
    public List<KeyValuePair<TKey, T>> Judge(ImmutableDictionary<TKey, T> written, ProblemSink problems)
    {
        var verdicts = new Dictionary<TKey, (T Written, IReadOnlyList<FieldError> Errors)>(written.Count);
        var sound = new List<KeyValuePair<TKey, T>>(written.Count);
        foreach (var (key, item) in written)
        {
            var errors = _verdicts.TryGetValue(key, out var verdict) && ReferenceEquals(verdict.Written, item)
                ? verdict.Errors
                : ObjectValidation.Validate(item);
            verdicts.Add(key, (item, errors));
            if (errors.Count == 0)
            {
                sound.Add(new(key, item));
            }
            else
            {
                Refuse(key, item, errors, problems);
            }
        }

        _verdicts = verdicts;
        return sound;
    }

    /// <summary>Reports why an object is not taken, and what happens instead.</summary>
    public void Refuse(TKey key, T item, IReadOnlyList<FieldError> errors, ProblemSink problems)
    {
        foreach (var error in errors)
        {
            problems.Error(item, error.Field, error.Message, ProblemReason.FieldInvalid);
        }

        if (Served.ContainsKey(key))
        {
            problems.Note(item, null, "the last accepted version stays in service");
        }
    }

    /// <summary>
    /// Puts <paramref name="accepted"/> into service. What is written but not among them stays as it was; what is not written any more
    /// goes. Nothing changed: the same dictionary.
    /// </summary>
    public ImmutableDictionary<TKey, T> Serve(IEnumerable<KeyValuePair<TKey, T>> accepted, ImmutableDictionary<TKey, T> written)
    {
        var next = Served.ToBuilder();
        next.RemoveRange(Served.Keys.Where(key => !written.ContainsKey(key)));
        foreach (var (key, item) in accepted)
        {
            if (!next.TryGetValue(key, out var old) || !ReferenceEquals(old, item))
            {
                next[key] = item;
            }
        }

        Served = next.ToImmutable();
        return Served;
    }

    /// <summary><see cref="Judge"/> and <see cref="Serve"/> for kinds that are served as they are written.</summary>
    public ImmutableDictionary<TKey, T> Pass(ImmutableDictionary<TKey, T> written, ProblemSink problems) => _passed.Get(written, problems, own =>
    {
        var sound = Judge(written, own);
        return sound.Count == written.Count ? Served = written : Serve(sound, written);
    });
}
