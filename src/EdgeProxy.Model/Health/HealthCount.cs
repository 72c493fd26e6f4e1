namespace EdgeProxy.Model.Health;

/// <summary>What the health checks of one backend found out. Written by its one checker, read by everybody.</summary>
/// <remarks>
/// HAProxy's rule: a backend begins up; when its very first check fails it is down at once, later after <see cref="HealthCheck.Fall"/>
/// failures in a row, and up again after <see cref="HealthCheck.Rise"/> passes in a row.
/// </remarks>
internal struct HealthCount
{
    // Checks in a row that spoke against what is believed.
    private int _against;
    private bool _wasChecked;
    private bool _isDown;

    /// <summary>True while it is believed not to serve.</summary>
    public readonly bool IsDown => Volatile.Read(in _isDown);

    /// <summary>Counts one check; true when what is believed changed with it.</summary>
    public bool Add(bool passed, HealthCheck check)
    {
        var fall = _wasChecked ? check.Fall : 1;
        _wasChecked = true;
        _against = passed == _isDown ? _against + 1 : 0;
        if (_against < (_isDown ? check.Rise : fall))
        {
            return false;
        }

        _against = 0;
        Volatile.Write(ref _isDown, !_isDown);
        return true;
    }
}
