using System.Text;
using EdgeProxy.Compare.Lab;
using EdgeProxy.Compare.Load;

namespace EdgeProxy.Compare.Candidates;

/// <summary>HAProxy with its defaults and a given number of threads; with <c>option splice-auto</c> for bulk.</summary>
internal sealed class HaproxyCandidate(string name, int threads, bool splices) : Candidate(name)
{
    public override string? Tool => "haproxy";

    public override string Description => $"HAProxy, nbthread {threads}{(splices ? ", option splice-auto" : "")}";

    public override bool Serves(Duty duty) => !duty.IsUdp && (!splices || duty.Kind == DutyKind.BulkTcp);

    public override Launch Prepare(Duty duty, Site site)
    {
        var text = new StringBuilder($"""
            global
              nbthread {threads}
              maxconn {duty.Connections}
            defaults
              mode {(duty.IsHttp ? "http" : "tcp")}
              timeout connect 5s
              timeout client 1h
              timeout server 1h

            """);
        text.Append(splices ? "  option splice-auto\n" : "").Append(duty.IsHttp ? "  option forwardfor\n" : "");
        if (duty.Kind == DutyKind.ManyServices)
        {
            for (var i = 0; i < duty.Services; i++)
            {
                text.Append($"listen s{i}\n  bind {site.Listen.Address}:{Site.FirstServicePort + i}\n  server s {site.Backend}\n");
            }
        }
        else
        {
            var tls = duty.Kind == DutyKind.Https ? $" ssl crt {site.Certificate.CombinedFile} alpn h2,http/1.1" : "";
            text.Append($"frontend f\n  bind {site.Listen}{tls}\n  {Route(duty, site)}\nbackend b\n  server s {site.Backend}\n");
        }

        return new Launch("haproxy", "-db", "-q", "-f", site.Write("haproxy.cfg", text.ToString()));
    }

    private static string Route(Duty duty, Site site)
    {
        if (duty.Hosts == 0)
        {
            return "default_backend b";
        }

        var map = site.Write("hosts.map", string.Concat(Enumerable.Range(0, duty.Hosts).Select(i => $"{RequestLoad.HostName(i)} b\n")));
        return $"use_backend %[req.hdr(host),lower,map({map})]";
    }
}
