using EdgeProxy.Transport.Interop;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Transport.Tests.Loops;

public sealed class RegistrationTableTests
{
    [Fact]
    public void Late_event_of_a_closed_descriptor_finds_nobody_though_its_slot_is_taken_again()
    {
        var table = new RegistrationTable();
        var closed = new Owner();
        var next = new Owner();
        table.Add(closed);
        var lateKey = closed.RegistrationKey;

        table.Remove(closed);
        table.Add(next);

        Assert.Null(table.Find(lateKey));
        Assert.Same(next, table.Find(next.RegistrationKey));
        Assert.Equal((uint)lateKey, (uint)next.RegistrationKey);
    }

    [Fact]
    public void Every_key_finds_its_owner_whatever_came_and_went()
    {
        var table = new RegistrationTable();
        var random = Support.Seeds.Next(1);
        var present = new List<Owner>();
        for (var step = 0; step < 20_000; step++)
        {
            if (present.Count > 0 && random.Next(5) < 2)
            {
                var index = random.Next(present.Count);
                table.Remove(present[index]);
                Assert.Equal(0UL, present[index].RegistrationKey);
                present.RemoveAt(index);
            }
            else
            {
                present.Add(new Owner());
                table.Add(present[^1]);
            }
        }

        Assert.All(present, owner => Assert.Same(owner, table.Find(owner.RegistrationKey)));
        Assert.Equal(present.Count, table.ToArray().Length);
    }

    private sealed class Owner : IPolledDescriptor
    {
        public ulong RegistrationKey { get; set; }

        void IPolledDescriptor.OnReady(Readiness events) => throw new InvalidOperationException();

        void IPolledDescriptor.OnException() => throw new InvalidOperationException();

        void IPolledDescriptor.OnLoopStopping() => throw new InvalidOperationException();
    }
}
