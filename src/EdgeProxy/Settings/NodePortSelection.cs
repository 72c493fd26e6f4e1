using System.Collections.Immutable;
using EdgeProxy.Model;

namespace EdgeProxy.Settings;

/// <summary>Which addresses of this host have node ports.</summary>
/// <remarks>kube-proxy's <c>nodePortAddresses</c>: CIDRs, or <c>primary</c> alone. A family without a CIDR takes all its addresses.</remarks>
/// <param name="PrimaryOnly">The node's main address of each family.</param>
/// <param name="Ranges">The ranges they must lie in.</param>
internal sealed record NodePortSelection(bool PrimaryOnly, ImmutableArray<IpPrefix> Ranges)
{
    private const string Primary = "primary";

    /// <summary>Every address, loopback included.</summary>
    public static NodePortSelection All { get; } = new(PrimaryOnly: false, []);

    /// <summary>Reads the values of the setting; returns what is wrong with them, or null.</summary>
    public static string? Read(IReadOnlyList<string> values, out NodePortSelection selection)
    {
        selection = All;
        if (values is [Primary])
        {
            selection = new NodePortSelection(PrimaryOnly: true, []);
            return null;
        }

        var ranges = ImmutableArray.CreateBuilder<IpPrefix>(values.Count);
        foreach (var text in values)
        {
            if (text == Primary)
            {
                return "'primary' stands alone: give it, or CIDRs";
            }

            if (!IpPrefix.TryParse(text, out var range))
            {
                return $"'{text}' is neither a CIDR nor 'primary'";
            }

            ranges.Add(range);
        }

        selection = new NodePortSelection(PrimaryOnly: false, ranges.ToImmutable());
        return null;
    }

    /// <summary>The addresses with node ports, in the order of <paramref name="host"/>.</summary>
    /// <param name="host">The addresses of this host.</param>
    /// <param name="primary">Says which of them are the main ones.</param>
    public ImmutableArray<IpAddr> Select(ImmutableArray<IpAddr> host, Func<ImmutableArray<IpAddr>, ImmutableArray<IpAddr>> primary) =>
        PrimaryOnly ? primary(host) : [.. host.Where(IsSelected)];

    private bool IsSelected(IpAddr address)
    {
        var ofFamily = Ranges.Where(range => range.Network.IsIPv6 == address.IsIPv6).ToList();
        return ofFamily.Count == 0 || ofFamily.Exists(range => range.Contains(address));
    }
}
