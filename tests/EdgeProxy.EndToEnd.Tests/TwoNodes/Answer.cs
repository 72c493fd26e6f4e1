using System.Net;
using System.Text;

namespace EdgeProxy.EndToEnd.Tests.TwoNodes;

/// <summary>What a pod says first.</summary>
/// <param name="Pod">Its name.</param>
/// <param name="Peer">Whom it sees.</param>
internal sealed record Answer(string Pod, IPAddress Peer)
{
    public static Answer Parse(ReadOnlySpan<byte> line)
    {
        var words = Encoding.ASCII.GetString(line).Trim().Split(' ');
        return new Answer(words[0], IPAddress.Parse(words[1]));
    }
}
