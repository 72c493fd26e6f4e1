using System.Runtime.InteropServices;

namespace EdgeProxy.Transport.Interop;

/// <summary>An eventfd(2): any thread rings it, the loop that polls it wakes up. Owns its descriptor.</summary>
internal sealed unsafe class EventFd : IDisposable
{
    private int _descriptor;

    public EventFd()
    {
        _descriptor = Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);
        if (_descriptor < 0)
        {
            throw Errno.ToException(Marshal.GetLastPInvokeError());
        }
    }

    public int Descriptor => _descriptor;

    // The only failure is a counter that is full (EAGAIN), and then the loop is already going to wake up.
    public void Ring()
    {
        ulong one = 1;
        _ = Libc.write(_descriptor, &one, sizeof(ulong));
    }

    public void Reset()
    {
        ulong rings;
        _ = Libc.read(_descriptor, &rings, sizeof(ulong));
    }

    public void Dispose()
    {
        if (_descriptor >= 0)
        {
            _ = Libc.close(_descriptor);
            _descriptor = -1;
        }
    }
}
