using EdgeProxy.Testing;

namespace EdgeProxy.Model.Tests.Support;

/// <summary>Seeds of random tests: printed when a case fails; EDGEPROXY_TEST_SEED repeats a run.</summary>
internal static class Seeds
{
    /// <summary>Runs a property on many random cases, each with a generator of its own.</summary>
    public static void Check(int cases, Action<Random> property)
    {
        var seed = TestSeed.Choose();
        for (var i = 0; i < cases; i++)
        {
            try
            {
                property(seed.Generator(i));
            }
            catch (Exception) when (Print(seed, i))
            {
                throw;
            }
        }
    }

    public static T OneOf<T>(this Random random, IReadOnlyList<T> choices) => choices[random.Next(choices.Count)];

    public static bool Chance(this Random random, double probability) => random.NextDouble() < probability;

    /// <summary>A new, shuffled array of the same items.</summary>
    public static T[] Shuffled<T>(this Random random, IEnumerable<T> items)
    {
        var shuffled = items.ToArray();
        random.Shuffle(shuffled);
        return shuffled;
    }

    private static bool Print(TestSeed seed, int index)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(seed.Describe(index));
        return true;
    }
}
