namespace EdgeProxy.Http.Policies.BasicAuth;

/// <summary>A set that keeps at least the last <paramref name="capacity"/> values that were added or found, and at most twice as many.</summary>
internal sealed class RecentSet<T>(int capacity)
    where T : struct
{
    private readonly Lock _gate = new(); // guards both generations
    private HashSet<T> _young = [];
    private HashSet<T> _old = [];

    /// <summary>True when it is there.</summary>
    public bool Contains(T value)
    {
        lock (_gate)
        {
            if (_young.Contains(value))
            {
                return true;
            }

            if (!_old.Contains(value))
            {
                return false;
            }

            AddUnderLock(value);
            return true;
        }
    }

    /// <summary>Adds a value.</summary>
    public void Add(T value)
    {
        lock (_gate)
        {
            AddUnderLock(value);
        }
    }

    private void AddUnderLock(T value)
    {
        if (_young.Count >= capacity)
        {
            (_young, _old) = ([], _young);
        }

        _young.Add(value);
    }
}
