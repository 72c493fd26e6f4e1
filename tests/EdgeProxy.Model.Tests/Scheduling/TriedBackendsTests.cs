using EdgeProxy.Model.Scheduling;
using EdgeProxy.Model.Tests.Support;

namespace EdgeProxy.Model.Tests.Scheduling;

public sealed class TriedBackendsTests
{
    [Fact]
    public void At_first_nobody_was_tried()
    {
        var tried = default(TriedBackends);

        Assert.Equal(0, tried.Count);
        Assert.False(tried.Contains(Objects.Backends(1)[0]));
    }

    [Fact]
    public void Exactly_those_that_were_added_are_contained()
    {
        var backends = Objects.Backends(TriedBackends.MaxTries + 1);
        var tried = default(TriedBackends);
        for (var i = 0; i < TriedBackends.MaxTries; i++)
        {
            tried.Add(backends[i]);

            Assert.Equal(i + 1, tried.Count);
            Assert.Equal(backends.Take(i + 1), backends.Where(backend => tried.Contains(backend)));
        }
    }

    [Fact]
    public void A_try_beyond_the_most_is_counted_but_not_remembered()
    {
        var backends = Objects.Backends(TriedBackends.MaxTries + 1);
        var tried = default(TriedBackends);
        foreach (var backend in backends)
        {
            tried.Add(backend);
        }

        Assert.Equal(TriedBackends.MaxTries + 1, tried.Count);
        Assert.True(tried.Contains(backends[0]));
        Assert.False(tried.Contains(backends[^1]));
    }

    [Fact]
    public void A_backend_is_known_by_itself_and_not_by_its_address()
    {
        var tried = default(TriedBackends);
        tried.Add(Objects.Backend("10.0.0.1:80"));

        Assert.False(tried.Contains(Objects.Backend("10.0.0.1:80")));
    }

    [Fact]
    public void A_copy_goes_its_own_way()
    {
        var backends = Objects.Backends(2);
        var original = default(TriedBackends);
        original.Add(backends[0]);

        var copy = original;
        copy.Add(backends[1]);

        Assert.False(original.Contains(backends[1]));
        Assert.True(copy.Contains(backends[0]));
    }
}
