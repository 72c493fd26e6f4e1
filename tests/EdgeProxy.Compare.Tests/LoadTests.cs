using System.Text;
using EdgeProxy.Compare.Load;

namespace EdgeProxy.Compare.Tests;

public sealed class LoadTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nServer: x\r\ncontent-length: 2\r\n\r\nok", 51)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n", 51)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", int.MaxValue)]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\nno", -1)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", -1)]
    public void A_response_ends_where_its_length_says(string received, int length) =>
        Assert.Equal(length, HttpResponse.Length(Encoding.ASCII.GetBytes(received)));

    [Fact]
    public void A_reading_survives_the_way_between_two_processes()
    {
        var reading = new LoadReading(12_345_678_901, 3, 3.0012345, 17.25, 1e6, 64);

        Assert.Equal(reading, LoadReading.Parse(reading.ToString()));
    }
}
