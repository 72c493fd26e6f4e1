using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.Api.Watching;

/// <summary>Whether the API server answers; said once when it stops, and once when all that was asked for is answered again. Thread-safe.</summary>
internal sealed class ApiContact(ILogger logger, TimeProvider time)
{
    private readonly Lock _lock = new(); // guards all below
    private readonly HashSet<object> _failing = [];
    private DateTimeOffset _since;
    private string _why = "";

    /// <summary>Since when it does not answer, and why not; null while it does.</summary>
    public string? Trouble
    {
        get
        {
            lock (_lock)
            {
                return _failing.Count == 0 ? null : $"the API server cannot be used since {_since:yyyy-MM-ddTHH:mm:ssZ} ({_why})";
            }
        }
    }

    /// <summary>It answered <paramref name="caller"/>.</summary>
    public void Answered(object caller)
    {
        lock (_lock)
        {
            if (_failing.Remove(caller) && _failing.Count == 0)
            {
                ApiLog.Back(logger, time.GetUtcNow() - _since);
            }
        }
    }

    /// <summary>It did not answer <paramref name="caller"/>, or not with what it has.</summary>
    public void Failed(object caller, ApiException error)
    {
        lock (_lock)
        {
            _why = error.Message;
            if (_failing.Add(caller) && _failing.Count == 1)
            {
                _since = time.GetUtcNow();
                ApiLog.Away(logger, error.Message);
            }
        }
    }

    /// <summary>Nothing is expected for <paramref name="caller"/> any more.</summary>
    public void Forget(object caller) => Answered(caller);
}
