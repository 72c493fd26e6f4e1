namespace EdgeProxy.Model.Tests.Addresses;

public sealed class AddressRangeTests
{
    [Theory]
    [InlineData("10.96.0.0/12", "10.96.0.0/12")]
    [InlineData("10.96.0.7", "10.96.0.7/32")]
    [InlineData("192.0.2.10-192.0.2.20", "192.0.2.10/31 192.0.2.12/30 192.0.2.16/30 192.0.2.20/32")]
    [InlineData("192.0.2.1-192.0.2.6", "192.0.2.1/32 192.0.2.2/31 192.0.2.4/31 192.0.2.6/32")]
    [InlineData("0.0.0.0-255.255.255.255", "0.0.0.0/0")]
    [InlineData("255.255.255.254-255.255.255.255", "255.255.255.254/31")]
    [InlineData("fd00::1-fd00::3", "fd00::1/128 fd00::2/127")]
    [InlineData("::/0", "::/0")]
    public void The_prefixes_of_a_range_hold_exactly_its_addresses(string range, string prefixes) =>
        Assert.Equal(prefixes, string.Join(' ', AddressRange.Parse(range).Prefixes()));
}
