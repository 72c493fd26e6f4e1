using EdgeProxy.Testing;

namespace EdgeProxy.Transport.Tests.Support;

/// <summary>Seeds of random tests: printed each time; EDGEPROXY_TEST_SEED repeats one.</summary>
internal static class Seeds
{
    public static Random Next(int salt)
    {
        var seed = TestSeed.Choose();
        TestContext.Current.TestOutputHelper?.WriteLine(seed.Describe(salt));
        return seed.Generator(salt);
    }
}
