namespace EdgeProxy.Transport.Loops;

/// <summary>Who an event key belongs to. A key is a slot and that slot's generation, so a late event for a closed descriptor finds nobody.</summary>
/// <remarks>
/// Descriptor numbers cannot be keys: within one batch a connection may be closed and its number given to the next accepted one, whose first
/// event would then be the dead one's last.
/// </remarks>
internal sealed class RegistrationTable
{
    private readonly Stack<int> _free = new();
    private Entry[] _entries = new Entry[64];
    private int _used;

    public void Add(IPolledDescriptor descriptor)
    {
        if (!_free.TryPop(out var slot))
        {
            slot = _used++;
            if (slot == _entries.Length)
            {
                Array.Resize(ref _entries, _entries.Length * 2);
            }
        }

        ref var entry = ref _entries[slot];
        entry.Owner = descriptor;
        // Odd while taken, even while free: a taken slot's key is never 0.
        entry.Generation++;
        descriptor.RegistrationKey = ((ulong)entry.Generation << 32) | (uint)slot;
    }

    public void Remove(IPolledDescriptor descriptor)
    {
        if (descriptor.RegistrationKey == 0)
        {
            return;
        }

        var slot = (int)(uint)descriptor.RegistrationKey;
        ref var entry = ref _entries[slot];
        entry.Owner = null;
        entry.Generation++;
        _free.Push(slot);
        descriptor.RegistrationKey = 0;
    }

    public IPolledDescriptor? Find(ulong key)
    {
        var slot = (int)(uint)key;
        return slot < _used && _entries[slot].Generation == (uint)(key >> 32) ? _entries[slot].Owner : null;
    }

    /// <summary>Everything registered now, as a copy: ending one may end others.</summary>
    public IPolledDescriptor[] ToArray() =>
        _entries.Where(entry => entry.Owner is not null).Select(entry => entry.Owner!).ToArray();

    private struct Entry
    {
        public IPolledDescriptor? Owner;
        public uint Generation;
    }
}
