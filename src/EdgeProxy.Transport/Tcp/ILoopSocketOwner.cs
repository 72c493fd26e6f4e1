namespace EdgeProxy.Transport.Tcp;

/// <summary>Who reads and writes a <see cref="LoopSocket"/>, and closes it. Called on the socket's loop only.</summary>
public interface ILoopSocketOwner
{
    /// <summary>Something became true of the socket: it can be read, or written, or broke. Edge-triggered: nothing is said twice.</summary>
    void OnReady(LoopSocket socket);

    /// <summary><see cref="OnReady"/> threw, which was reported, or the loop ends: close.</summary>
    void OnAbandoned(LoopSocket socket);
}
