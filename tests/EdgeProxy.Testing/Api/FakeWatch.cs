using System.Threading.Channels;

namespace EdgeProxy.Testing.Api;

/// <summary>One open watch.</summary>
internal sealed class FakeWatch(FakeResource resource, FakeRequest request)
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    public FakeResource Resource => resource;

    public FakeRequest Request => request;

    public ChannelReader<string> Lines => _lines.Reader;

    public void Write(string line) => _lines.Writer.TryWrite(line);

    public void End() => _lines.Writer.TryComplete();

    public void Break() => _lines.Writer.TryComplete(new IOException());
}
