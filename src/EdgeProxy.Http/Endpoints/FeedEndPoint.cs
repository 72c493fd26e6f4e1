using System.Net;

namespace EdgeProxy.Http.Endpoints;

/// <summary>An entrance of an HTTP server that no socket leads to: connections are handed in.</summary>
/// <param name="name">For logs.</param>
public sealed class FeedEndPoint(string name) : EndPoint
{
    /// <inheritdoc />
    public override string ToString() => name;
}
