using System.Net;

namespace EdgeProxy.Demo.Http;

/// <summary>An entrance of the shared HTTP server that no socket leads to: connections are handed in.</summary>
internal sealed class FeedEndPoint(string name) : EndPoint
{
    /// <inheritdoc />
    public override string ToString() => name;
}
