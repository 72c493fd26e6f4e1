using System.Net;
using EdgeProxy.Compare.Candidates;
using EdgeProxy.Compare.Lab;
using EdgeProxy.Compare.Report;

namespace EdgeProxy.Compare.Workloads;

/// <summary>
/// S1: many Services with one port each. Time from the start of the process until it is ready: EdgeProxy says so itself (<c>/readyz</c>), the
/// peers once a client is answered through the last port. Memory is compared with the same process serving one Service.
/// </summary>
internal sealed class ManyServicesWorkload() : Workload("S1", "10,000 Services with one TCP port each: start and memory")
{
    private const int ServiceCount = 10_000;

    public override async Task RunAsync(
        TestBed bed, IReadOnlyList<Candidate> candidates, Effort effort, ICollection<WorkloadResult> results, CancellationToken cancel)
    {
        var count = effort.Scale(ServiceCount);
        var result = new WorkloadResult(
            Id, Title, CandidateTable.Haproxy,
            [new Metric("ready", "s"), new Metric("memory", "KiB/Service"), new Metric("one Service", "MiB"), new Metric("listeners", "ports")]);
        result.Notes.Add($"{count:N0} Services, one endpoint each.");
        results.Add(result);
        var duty = new Duty(DutyKind.ManyServices, Backend.BackendLoop.EchoPort) { Services = count };
        var rows = candidates.Where(candidate => candidate.Serves(duty))
            .Select(candidate => (Candidate: candidate, Row: result.AddRow(candidate.Name))).ToList();
        for (var round = 1; round <= effort.Rounds; round++)
        {
            foreach (var (candidate, row) in rows)
            {
                await AddSampleAsync(row, effort, () => SampleAsync(bed, candidate, duty, cancel));
            }
        }
    }

    private static async Task<Sample> SampleAsync(TestBed bed, Candidate candidate, Duty duty, CancellationToken cancel)
    {
        var one = await StartAsync(bed, candidate, duty with { Services = 1 }, cancel);
        var all = await StartAsync(bed, candidate, duty, cancel);
        return new Sample([all.Seconds, (all.Pss - one.Pss) / (double)(duty.Services - 1), one.Pss / 1024.0, all.Listeners - one.Listeners + 1]);
    }

    private static async Task<(double Seconds, long Pss, int Listeners)> StartAsync(TestBed bed, Candidate candidate, Duty duty, CancellationToken cancel)
    {
        var prepared = RunningCandidate.Prepare(bed, candidate, duty, index: 0);
        var startedAt = TimeProvider.System.GetTimestamp();
        await using var running = prepared.Start(bed);
        await running.WaitUntilAsync(() => IsReady(bed, running), cancel);
        var seconds = TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds;
        var listeners = ProcFiles.CountListeners(await File.ReadAllTextAsync($"/proc/{running.Pid}/net/tcp", cancel));
        return (seconds, ProcessTable.Read().PssOf(running.Pid!.Value), listeners);
    }

    private static bool IsReady(TestBed bed, RunningCandidate running)
    {
        if (running.Candidate is EdgeProxyCandidate)
        {
            var admin = new IPEndPoint(IPAddress.Loopback, EdgeProxyCandidate.AdminPort(running.Site));
            return bed.Proxy.Run(() => Probe.IsOk(admin, "/readyz"));
        }

        var last = new IPEndPoint(running.Site.Listen.Address, Site.FirstServicePort + running.Duty.Services - 1);
        return bed.Client.Run(() => Probe.Answers(running.Duty, last));
    }
}
