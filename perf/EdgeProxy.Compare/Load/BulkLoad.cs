using EdgeProxy.Compare.Native;

namespace EdgeProxy.Compare.Load;

/// <summary>Downloads without end (T1). What arrives is thrown away in the kernel (tcp(7): MSG_TRUNC), so that the reader costs little.</summary>
internal sealed unsafe class BulkLoad(SockAddrIn target, int connections) : EventLoop
{
    private const int AtOnce = 1 << 20;

    private readonly LoadCounters _counters = new();
    private readonly int[] _descriptors = new int[connections];

    protected override void Start()
    {
        for (var key = 0; key < _descriptors.Length; key++)
        {
            Open(key);
        }
    }

    protected override string Answer() => _counters.Take().ToString();

    protected override void OnReady(int key, uint events)
    {
        var count = NativeSocket.Receive(_descriptors[key], null, AtOnce, Libc.MSG_TRUNC);
        if (count > 0)
        {
            _counters.AddBytes(count);
        }
        else if (count != -1)
        {
            _counters.Errors++;
            _ = Libc.close(_descriptors[key]);
            Open(key);
        }
    }

    private void Open(int key)
    {
        _descriptors[key] = NativeSocket.OpenStream();
        _ = NativeSocket.Connect(_descriptors[key], target);
        Add(_descriptors[key], key, In);
    }
}
