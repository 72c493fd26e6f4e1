namespace EdgeProxy.Transport.Loops;

/// <summary>A registered descriptor whose receives and sends go by the ring.</summary>
internal interface IRingOwner : IPolledDescriptor
{
    /// <summary>Called on the loop with the answer to a request of its own.</summary>
    /// <param name="operation">What was asked: receive or send.</param>
    /// <param name="result">The number of bytes, or the error number negated.</param>
    /// <param name="flags">IORING_CQE_F_…, with the buffer a receive was answered in.</param>
    void OnCompleted(RingOperation operation, int result, uint flags);
}
