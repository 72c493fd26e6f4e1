using EdgeProxy.Kubernetes.Problems;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>
/// The last outcome of one step and the problems it reported, returned as long as its input is the same. An edit of one file changes
/// one or two kinds; the others, perhaps 100,000 pods, need not be walked again.
/// </summary>
/// <typeparam name="TInput">Compared with Equals; dictionaries compare by reference, which is what is wanted.</typeparam>
/// <typeparam name="TOutput">What the step makes.</typeparam>
internal sealed class Memo<TInput, TOutput>
    where TInput : notnull
{
    private (TInput Input, TOutput Output, IReadOnlyList<Problem> Problems)? _last;

    public TOutput Get(TInput input, ProblemSink problems, Func<ProblemSink, TOutput> make)
    {
        if (_last is not { } last || !last.Input.Equals(input))
        {
            var own = new ProblemSink();
            last = (input, make(own), own.Problems);
            _last = last;
        }

        foreach (var problem in last.Problems)
        {
            problems.Add(problem);
        }

        return last.Output;
    }
}
