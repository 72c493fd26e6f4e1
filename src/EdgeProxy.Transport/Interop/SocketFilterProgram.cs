using System.Runtime.InteropServices;

namespace EdgeProxy.Transport.Interop;

/// <summary>struct sock_filter, linux/filter.h: one instruction of classic BPF. Jumps count the instructions to skip.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct SockFilter(ushort Code, byte JumpTrue, byte JumpFalse, uint K);

/// <summary>struct sock_fprog, linux/filter.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SockFilterProgram
{
    public ushort Length;
    public SockFilter* Instructions;
}
