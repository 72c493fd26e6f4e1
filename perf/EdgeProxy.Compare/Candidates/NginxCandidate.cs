using EdgeProxy.Compare.Lab;
using EdgeProxy.Compare.Load;

namespace EdgeProxy.Compare.Candidates;

/// <summary>nginx's stream module with one worker; for bulk also with buffers of 64 KiB instead of 16.</summary>
internal sealed class NginxStreamCandidate(string name, int bufferKiB) : Candidate(name)
{
    private const int DefaultBuffer = 16;

    public override string? Tool => "nginx";

    public override string Description => $"nginx stream, 1 worker, proxy_buffer_size {bufferKiB}k";

    public override bool Serves(Duty duty) => !duty.IsHttp && (bufferKiB == DefaultBuffer || duty.Kind == DutyKind.BulkTcp);

    public override Launch Prepare(Duty duty, Site site)
    {
        var listener = duty.IsUdp ? " udp" : " backlog=4096";
        // Without proxy_responses a session waits for more answers until proxy_timeout.
        var oneShot = duty.Kind == DutyKind.OneShotUdp ? "proxy_responses 1; " : "";
        string Server(int port) => $"server {{ listen {site.Listen.Address}:{port}{listener}; {oneShot}proxy_pass {site.Backend}; }}\n";
        var servers = duty.Kind == DutyKind.ManyServices
            ? string.Concat(Enumerable.Range(Site.FirstServicePort, duty.Services).Select(Server))
            : Server(site.Listen.Port);
        var stream = $"stream {{ proxy_buffer_size {bufferKiB}k; proxy_timeout {(duty.IsUdp ? "60s" : "1h")};\n{servers}}}";
        return NginxConfiguration.Launch(site, duty, stream);
    }
}

/// <summary>nginx's http module with one worker and kept connections to the backend.</summary>
internal sealed class NginxHttpCandidate(string name) : Candidate(name)
{
    public override string? Tool => "nginx";

    public override string Description => "nginx http, 1 worker, 64 kept upstream connections";

    public override bool Serves(Duty duty) => duty.IsHttp;

    public override Launch Prepare(Duty duty, Site site)
    {
        var tls = duty.Kind == DutyKind.Https ? " ssl http2" : "";
        // Options of a socket may be given once only.
        string Server(string name, string options) =>
            $"server {{ listen {site.Listen}{tls}{options}; server_name {name}; location / {{ proxy_pass http://b; }} }}\n";
        var servers = string.Concat(Enumerable.Range(0, duty.Hosts).Select(i => Server(RequestLoad.HostName(i), "")).Prepend(Server("_", " backlog=4096")));
        var http = $$"""
            http {
              access_log off;
              server_names_hash_max_size 8192;
              server_names_hash_bucket_size 128;
              keepalive_requests 100000000;
              ssl_protocols TLSv1.2 TLSv1.3;
              ssl_certificate {{site.Certificate.CertificateFile}};
              ssl_certificate_key {{site.Certificate.KeyFile}};
              upstream b { server {{site.Backend}}; keepalive 64; keepalive_requests 100000000; }
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_set_header Host $host;
              proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
              {{servers}}
            }
            """;
        return NginxConfiguration.Launch(site, duty, http);
    }
}

/// <summary>What both forms of nginx have in common.</summary>
internal static class NginxConfiguration
{
    // Debian and others ship the stream module as a file of its own.
    private const string StreamModule = "/usr/lib/nginx/modules/ngx_stream_module.so";

    public static Launch Launch(Site site, Duty duty, string block)
    {
        // A proxied connection is two; every listener takes one of them as well.
        var connections = (2 * duty.Connections) + duty.Services + 64;
        var text = $$"""
            {{(File.Exists(StreamModule) ? $"load_module {StreamModule};" : "")}}
            daemon off;
            user root;
            worker_processes 1;
            pid {{site.Folder}}/nginx.pid;
            error_log stderr error;
            events { worker_connections {{connections}}; }
            {{block}}
            """;
        return new Launch("nginx", "-p", site.Folder, "-e", "stderr", "-c", site.Write("nginx.conf", text));
    }
}
