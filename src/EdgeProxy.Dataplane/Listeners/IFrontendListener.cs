using EdgeProxy.Model.Eligibility;

namespace EdgeProxy.Dataplane.Listeners;

/// <summary>What listens on one frontend. Disposing it closes the socket, not what came through it.</summary>
internal interface IFrontendListener : IAsyncDisposable
{
    /// <summary>Follows a snapshot: from now on these clients are answered, and others hear nothing. Open connections are not touched.</summary>
    void AnswerOnly(AllowedClients clients);
}
