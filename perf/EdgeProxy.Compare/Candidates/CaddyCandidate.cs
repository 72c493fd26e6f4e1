using System.Text;
using EdgeProxy.Compare.Lab;
using EdgeProxy.Compare.Load;

namespace EdgeProxy.Compare.Candidates;

/// <summary>Caddy's reverse_proxy with its defaults; HTTP only.</summary>
internal sealed class CaddyCandidate(string name) : Candidate(name)
{
    public override string? Tool => "caddy";

    public override string Description => "Caddy reverse_proxy, defaults";

    public override bool Serves(Duty duty) => duty.IsHttp;

    public override Launch Prepare(Duty duty, Site site)
    {
        var scheme = duty.Kind == DutyKind.Https ? "https" : "http";
        var tls = duty.Kind == DutyKind.Https ? $"tls {site.Certificate.CertificateFile} {site.Certificate.KeyFile}" : "";
        var text = new StringBuilder("{\n  admin off\n  auto_https off\n  log {\n    level ERROR\n  }\n}\n");
        var names = duty.Hosts == 0 ? [""] : Enumerable.Range(0, duty.Hosts).Select(RequestLoad.HostName);
        foreach (var name in names)
        {
            text.Append($"{scheme}://{name}:{site.Listen.Port} {{\n  bind {site.Listen.Address}\n  {tls}\n  reverse_proxy {site.Backend}\n}}\n");
        }

        return new Launch("caddy", "run", "--adapter", "caddyfile", "--config", site.Write("Caddyfile", text.ToString()))
        {
            Environment = new Dictionary<string, string> { ["HOME"] = site.Folder, ["XDG_DATA_HOME"] = site.Folder, ["XDG_CONFIG_HOME"] = site.Folder },
        };
    }
}
