using EdgeProxy.Dataplane.Addresses;
using EdgeProxy.Model;
using EdgeProxy.Transport.Addresses;

namespace EdgeProxy.Hosting;

/// <summary>What <c>--vips redirect</c> has in the kernel: the table that marks packets, and the routes that deliver what is marked. Owns both.</summary>
internal sealed class Redirection : IRedirector, IDisposable
{
    private readonly NftTable _table;
    private readonly LocalDelivery _delivery;

    private Redirection(NftTable table, LocalDelivery delivery)
    {
        _table = table;
        _delivery = delivery;
    }

    /// <summary>Takes the table, which somebody has yet to fill, and makes the routes; those that a killed run left serve on.</summary>
    /// <exception cref="IOException">Another process has them, or the capability or something of the kernel is missing; the message says which.</exception>
    public static Redirection Open()
    {
        // The table first: it knows whether somebody else is at it.
        var table = NftTable.Take(RedirectedFrontends.TableName);
        try
        {
            return new Redirection(table, LocalDelivery.Open());
        }
        catch
        {
            table.Dispose();
            throw;
        }
    }

    public IReadOnlySet<IpAddr> HostAddresses() => InterfaceAddress.All().Select(address => IpAddr.From(address.Address)).ToHashSet();

    public void Apply(string commands) => _table.Apply(commands);

    public void Replace(string definition) => _table.Replace(definition);

    public void Dispose()
    {
        // Nothing may be marked that is not delivered.
        _table.Dispose();
        _delivery.Dispose();
    }
}
