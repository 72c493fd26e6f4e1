namespace EdgeProxy.Transport.Loops;

/// <summary>What was asked of the ring.</summary>
internal enum RingOperation
{
    Receive = 0,
    Send = 1,
    PollEpoll = 2,
    Cancel = 3,
}

/// <summary>The number a ring's answer carries: the key of a registration and, in two bits its slot does not need, what was asked.</summary>
internal static class RingKey
{
    private const int Shift = 30;
    private const ulong Mask = 3UL << Shift;

    public static ulong Of(ulong registrationKey, RingOperation operation) => registrationKey | ((ulong)operation << Shift);

    public static ulong RegistrationKey(ulong userData) => userData & ~Mask;

    public static RingOperation Operation(ulong userData) => (RingOperation)((userData & Mask) >> Shift);
}
