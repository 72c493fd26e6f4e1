namespace EdgeProxy.Model.Routing;

/// <summary>
/// Host → value: immutable, found by one hash and two steps, and a change copies two pages of 256 places, whatever the size. With 100,000
/// hosts a place holds one or two.
/// </summary>
/// <remarks>
/// In place of an immutable dictionary, whose lookup walks seventeen levels at 100,000 hosts, and of a frozen one, which cannot change.
/// Hosts are compared as they are: <see cref="HostName"/> has folded their case.
/// </remarks>
/// <typeparam name="T">Null stands for a host that is not there.</typeparam>
internal sealed class HostMap<T>
    where T : class
{
    private const int PageSize = 256;

    private readonly Entry[]?[]?[] _pages;

    private HostMap(Entry[]?[]?[] pages) => _pages = pages;

    /// <summary>No hosts.</summary>
    public static HostMap<T> Empty { get; } = new(new Entry[]?[]?[PageSize]);

    /// <summary>The host's value, or null.</summary>
    public T? Find(string host) => Find(_pages, host);

    /// <summary>Every host with its value, in no order.</summary>
    public IEnumerable<KeyValuePair<string, T>> All() =>
        from page in _pages
        where page is not null
        from entries in page
        where entries is not null
        from entry in entries
        select KeyValuePair.Create(entry.Host, entry.Value);

    /// <summary>Begins a next map; this one stays as it is.</summary>
    public Builder ToBuilder() => new([.. _pages]);

    private static T? Find(Entry[]?[]?[] pages, string host)
    {
        var hash = HashOf(host);
        if (pages[PageOf(hash)]?[PlaceOf(hash)] is { } entries)
        {
            foreach (ref readonly var entry in entries.AsSpan())
            {
                if (entry.Hash == hash && string.Equals(entry.Host, host, StringComparison.Ordinal))
                {
                    return entry.Value;
                }
            }
        }

        return null;
    }

    // Seeded per process, so that nobody can make up hosts that share a place.
    private static int HashOf(string host) => string.GetHashCode(host, StringComparison.Ordinal);

    private static int PageOf(int hash) => (hash >> 8) & (PageSize - 1);

    private static int PlaceOf(int hash) => hash & (PageSize - 1);

    /// <summary>Gathers changes; each page is copied when it is changed first.</summary>
    internal sealed class Builder(Entry[]?[]?[] pages)
    {
        private readonly bool[] _isOwn = new bool[PageSize];
        private Entry[]?[]?[]? _pages = pages;

        private Entry[]?[]?[] Pages => _pages ?? throw new InvalidOperationException("The map is built already.");

        /// <summary>The host's value so far, or null.</summary>
        public T? Find(string host) => HostMap<T>.Find(Pages, host);

        /// <summary>Gives the host a value; null takes it out.</summary>
        public void Set(string host, T? value)
        {
            var hash = HashOf(host);
            ref var entries = ref OwnPage(PageOf(hash))[PlaceOf(hash)];
            var others = Array.FindAll(entries ?? [], entry => !string.Equals(entry.Host, host, StringComparison.Ordinal));
            entries = value is null ? (others.Length == 0 ? null : others) : [.. others, new Entry(hash, host, value)];
        }

        /// <summary>The next map. The builder is of no use afterwards.</summary>
        public HostMap<T> Build()
        {
            var map = new HostMap<T>(Pages);
            _pages = null;
            return map;
        }

        private Entry[]?[] OwnPage(int index)
        {
            ref var page = ref Pages[index];
            if (!_isOwn[index])
            {
                page = page is null ? new Entry[]?[PageSize] : [.. page];
                _isOwn[index] = true;
            }

            return page!;
        }
    }

    internal readonly record struct Entry(int Hash, string Host, T Value);
}
