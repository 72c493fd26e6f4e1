namespace EdgeProxy.Transport.Loops;

/// <summary>How event loops ask the kernel for work.</summary>
public enum IoMode
{
    /// <summary>io_uring where the kernel has it and allows it, else epoll.</summary>
    Auto,

    /// <summary>epoll(7): works everywhere.</summary>
    Epoll,

    /// <summary>io_uring(7), Linux 6.1 or later; epoll where it is forbidden (seccomp, sysctl kernel.io_uring_disabled).</summary>
    IoUring,
}
