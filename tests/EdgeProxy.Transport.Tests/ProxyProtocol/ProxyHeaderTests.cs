using System.Net;
using System.Text;
using EdgeProxy.Transport.ProxyProtocol;

namespace EdgeProxy.Transport.Tests.ProxyProtocol;

/// <summary>The rules of proxy-protocol.txt, one by one.</summary>
public sealed class ProxyHeaderTests
{
    private const string V2Signature = "0D0A0D0A000D0A515549540A";
    private const string V4Block = "C0000201" + "CB007107" + "DC04" + "01BB"; // 192.0.2.1:56324 to 203.0.113.7:443

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 203.0.113.7 56324 443\r\n", "192.0.2.1:56324", "203.0.113.7:443")]
    [InlineData("PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n", "0.0.0.0:0", "255.255.255.255:65535")]
    [InlineData("PROXY TCP6 2001:db8::1 ::1 56324 443\r\n", "[2001:db8::1]:56324", "[::1]:443")]
    [InlineData("PROXY TCP6 2001:0DB8:0000:0000:0000:0000:0000:0001 fe80:0:0:0:0:0:0:9 1 2\r\n", "[2001:db8::1]:1", "[fe80::9]:2")]
    [InlineData("PROXY TCP6 ::ffff:c000:201 2001:db8::1 1 2\r\n", "192.0.2.1:1", "[2001:db8::1]:2")]
    [InlineData("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
        "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535")]
    public void A_line_announces_two_addresses(string line, string source, string destination)
    {
        var header = ProxyHeader.Parse(Encoding.ASCII.GetBytes(line + "GET / HTTP/1.1\r\n"));

        Assert.Equal(Parsed(line.Length, source, destination), header);
    }

    [Theory]
    [InlineData("PROXY UNKNOWN\r\n")]
    [InlineData("PROXY UNKNOWN anything at all\0\r\n")]
    [InlineData("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n")]
    public void Of_an_unknown_connection_the_real_addresses_hold(string line) =>
        Assert.Equal(ProxyHeader.Parsed(line.Length, addresses: null), ProxyHeader.Parse(Encoding.ASCII.GetBytes(line + "x")));

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n")]
    [InlineData("PROXY\r\n")]
    [InlineData("PROXYTCP4 192.0.2.1 192.0.2.2 1 2\r\n")]
    [InlineData("PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n")]
    [InlineData("PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n")]
    [InlineData("PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n")]
    [InlineData("PROXY TCP4\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1  192.0.2.2 1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1\t192.0.2.2 1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 1 -2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 1 +2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2 192.0.2.2 1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1.1 192.0.2.2 1 2\r\n")]
    [InlineData("PROXY TCP4 ::1 ::1 1 2\r\n")]
    [InlineData("PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n")]
    [InlineData("PROXY TCP6 ::1 ::1%1 1 2\r\n")]
    [InlineData("PROXY TCP6 [::1] ::1 1 2\r\n")]
    [InlineData("PROXY TCP6 ::1/64 ::1 1 2\r\n")]
    [InlineData("PROXY TCP6 1::2::3 ::1 1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\rx")]
    [InlineData("PROXY UNKNOWNX\r\n")]
    [InlineData("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535 \r\n")]
    public void Anything_else_is_no_header(string line) =>
        Assert.Equal(ProxyHeaderStatus.Invalid, ProxyHeader.Parse(Encoding.ASCII.GetBytes(line)).Status);

    [Fact]
    public void A_line_without_its_end_is_given_up_after_107_bytes()
    {
        var line = Encoding.ASCII.GetBytes("PROXY UNKNOWN " + new string('x', 200));

        Assert.Equal(ProxyHeaderStatus.NeedMore, ProxyHeader.Parse(line.AsSpan(0, 106)).Status);
        Assert.Equal(ProxyHeaderStatus.Invalid, ProxyHeader.Parse(line.AsSpan(0, 107)).Status);
    }

    [Theory]
    [InlineData("21 11 000C" + V4Block, "192.0.2.1:56324", "203.0.113.7:443")]
    [InlineData("21 21 0024 20010DB8000000000000000000000001 20010DB8000000000000000000000002 0001 0002", "[2001:db8::1]:1", "[2001:db8::2]:2")]
    [InlineData("21 21 0024 00000000000000000000FFFFC0000201 20010DB8000000000000000000000002 0001 0002", "192.0.2.1:1", "[2001:db8::2]:2")]
    [InlineData("21 11 0012" + V4Block + "04 0000" + "EA 0000", "192.0.2.1:56324", "203.0.113.7:443")] // NOOP, then one of AWS's
    [InlineData("21 11 0016" + V4Block + "99 0007 01020304050607", "192.0.2.1:56324", "203.0.113.7:443")] // a type nobody knows
    public void A_binary_header_announces_two_addresses(string hex, string source, string destination)
    {
        var bytes = V2(hex);

        Assert.Equal(Parsed(bytes.Length, source, destination), ProxyHeader.Parse([.. bytes, 1, 2, 3]));
    }

    // Recorded from HAProxy 2.6 with send-proxy-v2 proxy-v2-options crc32c,unique-id.
    [Theory]
    [InlineData("FACE7D62", "127.0.0.1:40123")]
    [InlineData("FACE7D63", null)]
    public void A_checksum_counts_when_there_is_one(string checksum, string? source)
    {
        var header = ProxyHeader.Parse(V2($"21 11 001A 7F0000017F000001 9CBB4A43 03 0004 {checksum} 05 0004 54455354"));

        Assert.Equal(source is null ? ProxyHeader.Invalid("the checksum is wrong") : Parsed(42, source, "127.0.0.1:19011"), header);
    }

    [Theory]
    [InlineData("20 00 0000")] // LOCAL
    [InlineData("20 11 000C" + V4Block)] // … whose block is skipped
    [InlineData("20 FF 0003 FFFFFF")] // … whatever it says
    [InlineData("21 00 0000")] // AF_UNSPEC
    [InlineData("21 00 0005 0102030405")]
    [InlineData("21 01 0000")]
    [InlineData("21 10 000C" + V4Block)] // IPv4, unspecified protocol
    [InlineData("21 12 000C" + V4Block)] // UDP
    public void Without_a_tcp_connection_behind_it_the_real_addresses_hold(string hex)
    {
        var bytes = V2(hex);

        Assert.Equal(ProxyHeader.Parsed(bytes.Length, addresses: null), ProxyHeader.Parse([.. bytes, 1, 2, 3]));
    }

    [Fact]
    public void Of_a_unix_socket_the_real_addresses_hold()
    {
        var bytes = V2("21 31 00D8" + new string('0', 2 * 216));

        Assert.Equal(ProxyHeader.Parsed(bytes.Length, addresses: null), ProxyHeader.Parse(bytes));
        Assert.Equal(ProxyHeaderStatus.Invalid, ProxyHeader.Parse(V2("21 31 00D7" + new string('0', 2 * 215))).Status);
    }

    [Theory]
    [InlineData("11 11 000C" + V4Block)] // version 1 in a binary header
    [InlineData("22 11 000C" + V4Block)] // a command nobody knows
    [InlineData("21 41 000C" + V4Block)] // a family nobody knows
    [InlineData("21 13 000C" + V4Block)] // a protocol nobody knows
    [InlineData("21 11 000B C0000201CB007107DC0401")] // too short for its addresses
    [InlineData("21 21 000C" + V4Block)]
    [InlineData("21 11 000D" + V4Block + "04")] // a TLV cut in its head
    [InlineData("21 11 0010" + V4Block + "04 0002 00")] // … and in its value
    [InlineData("21 11 1001")] // more than 4,096 bytes of it: not even waited for
    [InlineData("21 11 FFFF")]
    public void Binary_headers_that_break_a_rule_are_invalid(string hex) =>
        Assert.Equal(ProxyHeaderStatus.Invalid, ProxyHeader.Parse(V2(hex)).Status);

    [Fact]
    public void The_longest_binary_header_is_read()
    {
        var bytes = V2("21 11 1000" + V4Block + "EE 0FF1" + new string('A', 2 * 0xFF1));

        Assert.Equal(ProxyHeader.MaxLength, bytes.Length);
        Assert.Equal(Parsed(bytes.Length, "192.0.2.1:56324", "203.0.113.7:443"), ProxyHeader.Parse(bytes));
        Assert.Equal(ProxyHeaderStatus.NeedMore, ProxyHeader.Parse(bytes.AsSpan(..^1)).Status);
    }

    [Theory]
    [InlineData("192.0.2.1:56324", "203.0.113.7:443", "PROXY TCP4 192.0.2.1 203.0.113.7 56324 443\r\n")]
    [InlineData("[2001:db8::1]:56324", "[::1]:443", "PROXY TCP6 2001:db8::1 ::1 56324 443\r\n")]
    [InlineData("192.0.2.1:0", "[2001:db8::2]:65535", "PROXY TCP6 ::ffff:c000:201 2001:db8::2 0 65535\r\n")]
    public void A_written_line_is_this(string source, string destination, string line)
    {
        var buffer = new byte[ProxyHeaderWriter.MaxLength];

        var length = ProxyHeaderWriter.WriteV1(buffer, Endpoint(source), Endpoint(destination));

        Assert.Equal(line, Encoding.ASCII.GetString(buffer, 0, length));
    }

    [Theory]
    [InlineData("192.0.2.1:56324", "203.0.113.7:443", "21 11 000C" + V4Block)]
    [InlineData("192.0.2.1:1", "[2001:db8::2]:2", "21 21 0024 00000000000000000000FFFFC0000201 20010DB8000000000000000000000002 0001 0002")]
    public void A_written_binary_header_is_this(string source, string destination, string hex)
    {
        var buffer = new byte[ProxyHeaderWriter.MaxLength];

        var length = ProxyHeaderWriter.WriteV2(buffer, Endpoint(source), Endpoint(destination));

        Assert.Equal(V2(hex), buffer[..length]);
    }

    private static byte[] V2(string hex) => Convert.FromHexString(V2Signature + hex.Replace(" ", "", StringComparison.Ordinal));

    private static IpEndpoint Endpoint(string text) => IpEndpoint.From(IPEndPoint.Parse(text));

    private static ProxyHeader Parsed(int length, string source, string destination) =>
        ProxyHeader.Parsed(length, new AnnouncedAddresses(Endpoint(source), Endpoint(destination)));
}
