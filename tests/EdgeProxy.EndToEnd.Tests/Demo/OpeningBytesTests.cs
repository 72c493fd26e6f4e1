using System.Text;
using EdgeProxy.Demo.Pods;

namespace EdgeProxy.EndToEnd.Tests.Demo;

public sealed class OpeningBytesTests
{
    [Theory]
    [InlineData("GET / HTTP/1.1\r\n", "Http1")]
    [InlineData("POST /a", "Http1")]
    [InlineData("PURGE /a HTTP/1.1", "Http1")]
    [InlineData("OPTIONS *", "Http1")]
    [InlineData("GET http://a/ HTTP/1.1", "Http1")]
    [InlineData("CONNECT a:1", "Http1")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "Http2")]
    [InlineData("PRI * HTTP/2.", "Undecided")]
    [InlineData("P", "Undecided")]
    [InlineData("DELET", "Undecided")]
    [InlineData("GET ", "Undecided")]
    [InlineData("PING", "Raw")]
    [InlineData("GETTING", "Raw")]
    [InlineData("GET lost", "Raw")]
    [InlineData("get / HTTP/1.1", "Raw")]
    [InlineData("HELO example.org\r\n", "Raw")]
    [InlineData("PRI * HTTP/3.0\r\n", "Raw")]
    [InlineData("\u0016\u0003\u0001", "Raw")]
    [InlineData("\n", "Raw")]
    public void First_bytes_tell_HTTP_from_the_rest(string bytes, string expected) =>
        Assert.Equal(expected, OpeningBytes.Classify(Encoding.UTF8.GetBytes(bytes)).ToString());

    [Fact]
    public void Whole_openings_are_never_undecided()
    {
        foreach (var first in Enumerable.Range(0, 256))
        {
            var bytes = Enumerable.Repeat((byte)first, OpeningBytes.Needed).ToArray();

            Assert.NotEqual(Opening.Undecided, OpeningBytes.Classify(bytes));
        }
    }
}
