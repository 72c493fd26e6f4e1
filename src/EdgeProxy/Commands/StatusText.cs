using System.Globalization;
using System.Text;
using EdgeProxy.Admin.Documents;

namespace EdgeProxy.Commands;

/// <summary>A status for people, a line a subject.</summary>
internal static class StatusText
{
    private const int LongestList = 5;

    /// <summary>Writes it.</summary>
    public static string Of(StatusDocument status)
    {
        var text = new StringBuilder();
        Line("edgeproxy", $"{status.Version} on {status.Node}, up {Age(status.UptimeSeconds)}");
        Line("ready", status.Ready ? Paint.Good("yes") : Paint.Bad($"no, {status.Reason}"));
        if (status.Trouble is { } trouble)
        {
            Line("", trouble);
        }

        Line("source", status.Source is { } source ? Source(source) : "not known yet");
        Line("snapshot", status.Snapshot.AgeSeconds is { } age ? $"generation {status.Snapshot.Generation}, live for {Age(age)}" : "none yet");
        if (status.Propagation is { } delays)
        {
            Line("lag", delays.Events == 0
                ? "no change since the start"
                : $"p50 {delays.P50Milliseconds} ms, p99 {delays.P99Milliseconds} ms, max {delays.MaxMilliseconds} ms, of {delays.Events} events");
        }

        var services = status.Services;
        Line("services", $"{services.Total} with {services.Ports} ports");
        Line("frontends", $"{services.Frontends}{Parts((services.Listening, "listening"), (services.Closed, "without endpoints"), (services.Failed, "cannot be listened on"), (services.Taken, "taken by an older Service"))}");
        var endpoints = status.Endpoints;
        Line("endpoints", $"{endpoints.Total}{Parts((endpoints.Ready, "ready"), (endpoints.Terminating, "terminating"), (endpoints.NotReady, "not ready"), (endpoints.Ejected, "ejected"), (endpoints.Unhealthy, "unhealthy"), (endpoints.Drained, "drained"))}");
        foreach (var endpoint in endpoints.PassedOver.Take(LongestList))
        {
            Line("", $"{endpoint.Address} of {endpoint.Service}: {endpoint.State}{(endpoint.EjectedForSeconds is { } seconds ? $" for {Age(seconds)} more" : "")}{(endpoint.Open > 0 ? $", {endpoint.Open} open" : "")}");
        }

        var routes = status.Routes;
        Line("routes", $"{routes.Total} on {routes.Hosts} hosts from {routes.Ingresses} Ingresses{Parts((routes.Forwarding, "forward"), (routes.Redirecting, "redirect"), (routes.Closed, "closed"), (routes.BackendMissing, "without a Service"), (routes.NoEndpoint, "without an endpoint"), (routes.Shadowed, "rules shadowed"))}");
        var certificates = status.Certificates;
        Line("certificates", $"{certificates.Total}{Parts((certificates.Expiring, "end within 30 days"), (certificates.Expired, "ended"), (certificates.HostsWithout, "hosts without theirs"))}");
        foreach (var certificate in certificates.Next.Take(LongestList))
        {
            Line("", string.Create(CultureInfo.InvariantCulture, $"{certificate.Secret}: {certificate.DaysLeft} days left ({certificate.NotAfter:yyyy-MM-dd})"));
        }

        if (status.Leader is { } leader)
        {
            Line("leader", Leader(leader));
        }

        var connections = status.Connections;
        Line("connections", $"{connections.TcpOpen} TCP open, {connections.TcpAccepted} accepted; {connections.DatagramsReceived} datagrams in, {connections.DatagramsSent} out");
        Line("problems", $"{Found(status.Problems.Errors, "errors", Paint.Bad)}, {Found(status.Problems.Warnings, "warnings", Paint.Warning)}, {status.Problems.Notes} notes");
        return text.ToString();

        void Line(string subject, string what) => text.Append(CultureInfo.InvariantCulture, $"{subject,-12} {what}\n");
    }

    private static string Found(int count, string what, Func<string, string> paint) => count == 0 ? $"0 {what}" : paint($"{count} {what}");

    private static string Source(SourceDocument source) => source.Kind == "cluster"
        ? $"{source.Server}, {(source.Reachable is true ? "reachable" : string.Create(CultureInfo.InvariantCulture, $"not reachable since {source.UnreachableSince:yyyy-MM-ddTHH:mm:ssZ}"))}"
        : string.Join(", ", source.Paths);

    private static string Leader(LeaderDocument leader) => leader switch
    {
        { Elected: false } => "this replica, which asks no others",
        { IsLeader: true } => $"this replica, {leader.Identity} (Lease {leader.Lease})",
        { Holder: "" } => $"nobody (Lease {leader.Lease}); this replica is {leader.Identity}",
        _ => $"{leader.Holder} (Lease {leader.Lease}); this replica is {leader.Identity}",
    };

    /// <summary>What there is any of, after a colon.</summary>
    private static string Parts(params ReadOnlySpan<(int Count, string What)> parts)
    {
        var text = new List<string>();
        foreach (var (count, what) in parts)
        {
            if (count > 0)
            {
                text.Add($"{count} {what}");
            }
        }

        return text.Count == 0 ? "" : $": {string.Join(", ", text)}";
    }

    private static string Age(double seconds) => TimeSpan.FromSeconds(seconds) switch
    {
        { TotalSeconds: < 60 } time => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s"),
        { TotalHours: < 1 } time => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min {time.Seconds} s"),
        { TotalDays: < 1 } time => string.Create(CultureInfo.InvariantCulture, $"{time.Hours} h {time.Minutes} min"),
        var time => string.Create(CultureInfo.InvariantCulture, $"{time.Days} d {time.Hours} h"),
    };
}
