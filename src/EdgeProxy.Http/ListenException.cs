using System.Net;

namespace EdgeProxy.Http;

/// <summary>An address and port cannot be listened on; the message names both, and what to do.</summary>
#pragma warning disable CA1032 // Without an end point it would say nothing.
public sealed class ListenException : IOException
#pragma warning restore CA1032
{
    /// <summary>Says what went wrong.</summary>
    public ListenException(string message, IPEndPoint endPoint, Exception innerException)
        : base(message, innerException) => EndPoint = endPoint;

    /// <summary>What was to be listened on.</summary>
    public IPEndPoint EndPoint { get; }
}
