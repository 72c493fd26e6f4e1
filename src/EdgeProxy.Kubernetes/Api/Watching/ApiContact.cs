using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.Api.Watching;

/// <summary>Whether the API server answers; said once when it stops, and once when all that was asked for is answered again. Thread-safe.</summary>
/// <param name="wake">Called when it stops answering.</param>
/// <param name="logger">Told of both.</param>
/// <param name="time">The clock.</param>
internal sealed class ApiContact(Action wake, ILogger logger, TimeProvider time)
{
    private readonly Lock _lock = new(); // guards all below
    private readonly HashSet<object> _failing = [];
    private TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset _since;
    private string _why = "";

    /// <summary>Ends when somebody is answered who was not before: others that wait may try at once, since all of them are one client.</summary>
    public Task Reached
    {
        get
        {
            lock (_lock)
            {
                return _reached.Task;
            }
        }
    }

    /// <summary>Since when it does not answer, and why not; null while it does.</summary>
    public ApiOutage? Outage
    {
        get
        {
            lock (_lock)
            {
                return _failing.Count == 0 ? null : new ApiOutage(_since, _why);
            }
        }
    }

    /// <summary>It answered <paramref name="caller"/>.</summary>
    public void Answered(object caller)
    {
        lock (_lock)
        {
            if (!_failing.Remove(caller))
            {
                return;
            }

            if (_failing.Count == 0)
            {
                ApiLog.Back(logger, time.GetUtcNow() - _since);
            }

            _reached.SetResult();
            _reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
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
                wake();
            }
        }
    }

    /// <summary>Nothing is expected for <paramref name="caller"/> any more.</summary>
    public void Forget(object caller) => Answered(caller);
}
