namespace EdgeProxy.Http.Forwarding;

/// <summary>The endpoint has hung up on what we send; its answer may be there already.</summary>
#pragma warning disable CA1032 // Made of what the socket said, and of nothing else.
internal sealed class UploadCutException(IOException cause) : IOException(cause.Message, cause);
#pragma warning restore CA1032
