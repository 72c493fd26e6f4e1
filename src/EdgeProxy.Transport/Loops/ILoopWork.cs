namespace EdgeProxy.Transport.Loops;

/// <summary>Something that used up its share of a turn and wants another one (<see cref="EventLoop.RunAgain"/>).</summary>
internal interface ILoopWork
{
    /// <summary>Takes the next turn. May find that its owner was closed in the meantime.</summary>
    void RunTurn();

    /// <summary>Called when <see cref="RunTurn"/> threw.</summary>
    void OnException();
}
