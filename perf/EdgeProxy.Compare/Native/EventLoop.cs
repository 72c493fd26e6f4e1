using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EdgeProxy.Compare.Native;

/// <summary>
/// One epoll loop on the calling thread. A line on standard input is answered with a line on standard output; the loop, and with it the
/// process, ends when standard input does. So nothing outlives the process that started it, however that one ends.
/// </summary>
internal abstract unsafe class EventLoop
{
    public const uint In = 1;
    public const uint Out = 4;
    public const uint Failed = 0x008 | 0x010;
    public const uint EdgeTriggered = 1u << 31;

    private const int BatchSize = 256;
    private const int CommandKey = -1;
    private const int TickMilliseconds = 100;

    // The kernel packs struct epoll_event on x86-64 only.
    private static readonly int s_keyOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int s_stride = s_keyOffset + sizeof(ulong);

    private readonly int _epoll = NativeSocket.Check(Libc.epoll_create1(Libc.EPOLL_CLOEXEC), "epoll_create1");
    private readonly byte* _events = (byte*)NativeMemory.AllocZeroed(BatchSize, 16);

    /// <summary>Runs until standard input ends.</summary>
    public void Run()
    {
        Add(0, CommandKey, In);
        Start();
        while (true)
        {
            var count = Libc.epoll_wait(_epoll, _events, BatchSize, TickMilliseconds);
            for (var i = 0; i < count; i++)
            {
                var entry = _events + (i * s_stride);
                var key = (int)Unsafe.ReadUnaligned<long>(entry + s_keyOffset);
                if (key != CommandKey)
                {
                    OnReady(key, Unsafe.ReadUnaligned<uint>(entry));
                }
                else if (!AnswerCommand())
                {
                    return;
                }
            }

            OnTurn();
        }
    }

    protected abstract void Start();

    protected abstract void OnReady(int key, uint events);

    /// <summary>After each batch, and at least ten times a second.</summary>
    protected virtual void OnTurn()
    {
    }

    /// <summary>What to print when asked.</summary>
    protected abstract string Answer();

    protected void Add(int descriptor, int key, uint events)
    {
        var entry = stackalloc byte[16];
        Unsafe.WriteUnaligned(entry, events);
        Unsafe.WriteUnaligned(entry + s_keyOffset, (long)key);
        NativeSocket.Check(Libc.epoll_ctl(_epoll, Libc.EPOLL_CTL_ADD, descriptor, entry), "epoll_ctl");
    }

    private bool AnswerCommand()
    {
        var line = stackalloc byte[64];
        if (Libc.read(0, line, 64) <= 0)
        {
            return false;
        }

        Console.Out.WriteLine(Answer());
        return true;
    }
}
