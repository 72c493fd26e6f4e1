using System.Net;
using EdgeProxy.Compare.Candidates;
using EdgeProxy.Compare.Lab;

namespace EdgeProxy.Compare.Workloads;

/// <summary>A candidate at its place, started. Disposing ends it.</summary>
internal sealed class RunningCandidate : IAsyncDisposable
{
    private const int FirstPort = 8001;

    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly Launch? _launch;
    private Child? _process;

    private RunningCandidate(Candidate candidate, Duty duty, Site site) =>
        (Candidate, Duty, Site, _launch) = (candidate, duty, site, candidate.Prepare(duty, site));

    public Candidate Candidate { get; }

    public Duty Duty { get; }

    public Site Site { get; }

    /// <summary>Root of its processes; null for what the kernel does itself.</summary>
    public int? Pid => _process?.Pid;

    /// <summary>Writes its configuration and starts it; it is not ready yet.</summary>
    public static RunningCandidate Start(TestBed bed, Candidate candidate, Duty duty, int index) => Prepare(bed, candidate, duty, index).Start(bed);

    /// <summary>Writes its configuration.</summary>
    public static RunningCandidate Prepare(TestBed bed, Candidate candidate, Duty duty, int index)
    {
        var folder = Path.Combine(bed.Folder, candidate.Name);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        var backend = new IPEndPoint(TestBed.BackendAddressList[index], duty.BackendPort);
        var certificate = TestCertificate.Create(folder, Load.RequestLoad.HostName(0));
        var site = new Site(index, folder, new IPEndPoint(TestBed.ProxyAddress, FirstPort + index), backend, certificate);
        return new RunningCandidate(candidate, duty, site);
    }

    /// <summary>Starts what <see cref="Prepare"/> prepared.</summary>
    public RunningCandidate Start(TestBed bed)
    {
        _process = _launch is null ? null : Child.Start(_launch, bed.Proxy.Name);
        _process?.IgnoreOutput();
        return this;
    }

    /// <summary>Waits until it answers the client.</summary>
    public Task WaitUntilReadyAsync(TestBed bed, CancellationToken cancel) => _process is null
        ? Task.CompletedTask
        : WaitUntilAsync(() => bed.Client.Run(() => Probe.Answers(Duty, Candidate.Target(Site))), cancel);

    /// <exception cref="InvalidOperationException">It ended, or a minute passed.</exception>
    public async Task WaitUntilAsync(Func<bool> isReady, CancellationToken cancel)
    {
        var startedAt = TimeProvider.System.GetTimestamp();
        while (!isReady())
        {
            if (_process!.HasExited || TimeProvider.System.GetElapsedTime(startedAt) > s_patience)
            {
                throw new InvalidOperationException($"{(_process.HasExited ? "it ended" : "it does not answer")}: {_process.Complaints}");
            }

            await Task.Delay(s_poll, TimeProvider.System, cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }
}
