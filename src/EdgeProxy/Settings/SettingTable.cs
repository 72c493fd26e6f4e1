using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using EdgeProxy.Admin;
using EdgeProxy.Dns.Resolving;
using EdgeProxy.Http.AccessLogs;
using EdgeProxy.Http.Reporting;
using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;
using EdgeProxy.Model.Scheduling;
using EdgeProxy.Telemetry;
using EdgeProxy.Transport.Addresses;
using EdgeProxy.Transport.Loops;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Exporter;

namespace EdgeProxy.Settings;

/// <summary>Every setting there is.</summary>
internal static class SettingTable
{
    /// <summary>All of them, in the order of the help text.</summary>
    public static ImmutableArray<Setting> All { get; } =
    [
        List("manifests", "PATH", "Files and folders (read recursively) with YAML or JSON manifests; followed while running.",
            (settings, values) =>
            {
                settings.Manifests = [.. values];
                return null;
            }) with { SplitsAtCommas = false },
        One("kubeconfig", "FILE", "Kubeconfig of the cluster whose objects are served instead. Default: in a pod, what the pod is given; else the files KUBECONFIG lists.",
            (settings, value) =>
            {
                settings.Kubeconfig = value;
                return null;
            }),
        One("kube-context", "NAME", "Context of the kubeconfig. Default: its current one.", (settings, value) =>
        {
            settings.KubeContext = value;
            return null;
        }),
        List("watch-namespace", "NAME", "Namespaces of the cluster whose objects are read. Default: all.", (settings, values) =>
        {
            settings.WatchNamespaces = [.. values.Distinct(StringComparer.Ordinal)];
            return null;
        }),
        One("watch-secrets", "WHICH", "Secrets of the cluster that are kept in memory: referenced (by an Ingress that is served), all or none. Default referenced.",
            (settings, value) =>
            {
                if (!Enum.TryParse<SecretSelection>(value, ignoreCase: true, out var selection) || !Enum.IsDefined(selection))
                {
                    return "must be referenced, all or none";
                }

                settings.WatchSecrets = selection;
                return null;
            }),
        Port("http-port", "Port for HTTP. Default 80 where that is allowed and free, else 8080.", (settings, port) => settings.HttpPort = port),
        Port("https-port", "Port for HTTPS. Default 443 where that is allowed and free, else 8443.", (settings, port) => settings.HttpsPort = port),
        List("listen-address", "IP", "Addresses the HTTP and HTTPS ports listen on. Default: every address this host has at start.", (settings, values) =>
            ParseEach<IPAddress>(values, TryParseAddress, addresses => settings.ListenAddresses = addresses, "an IP address")),
        One("node-name", "NAME", "Kubernetes name of this node; endpoints of the same nodeName are local. Default: the host name.", (settings, value) =>
        {
            settings.NodeName = value;
            return null;
        }),
        List("node-ip", "IP", "Addresses on which node ports are open. Default: every address of this host.", (settings, values) =>
            ParseEach<IpAddr>(values, (string text, out IpAddr address) => IpAddr.TryParse(text, out address), addresses => settings.NodeIPs = addresses, "an IP address")),
        List("node-port-addresses", "CIDR", "Node ports are open on addresses of this host in these ranges, or on its main ones ('primary'). Default: on every address.",
            (settings, values) =>
            {
                var mistake = NodePortSelection.Read(values, out var selection);
                settings.NodePortAddresses = selection;
                return mistake;
            }),
        One("vips", "MODE", "How this host comes by the addresses of Services: off (it has them), dummy (an interface of ours), anyip (a local route a range) or redirect (nftables, without owning them). Default off.",
            (settings, value) =>
            {
                VipMode? mode = value switch { "off" => VipMode.Off, "dummy" => VipMode.Dummy, "anyip" => VipMode.AnyIP, "redirect" => VipMode.Redirect, _ => null };
                settings.Vips = mode ?? settings.Vips;
                return mode is null ? "must be off, dummy, anyip or redirect" : null;
            }),
        One("vip-interface", "NAME", "Interface of --vips dummy; made at start and deleted at exit. Default edgeproxy0.", (settings, value) =>
        {
            if (value.Length > DummyInterface.MaxNameLength || !value.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_'))
            {
                return $"must be a name of at most {DummyInterface.MaxNameLength} letters, digits, '-' and '_'";
            }

            settings.VipInterface = value;
            return null;
        }),
        List("service-cidr", "CIDR", "Ranges for cluster IPs, at most one a family. Default 127.96.0.0/12, which needs no privilege.", (settings, values) =>
        {
            settings.ServiceCidrs = [.. values];
            return null;
        }),
        List("load-balancer-pool", "RANGE", "Addresses, ranges (a-b) and CIDRs for Services of type LoadBalancer. Default: from manifests 127.240.0.0/24, in a cluster none.", (settings, values) =>
        {
            settings.LoadBalancerPool = [.. values];
            return null;
        }),
        One("load-balancer-announce", "MODE", "How neighbours find load-balancer addresses: off (somebody else sees to it) or l2 (ARP and neighbour discovery, by one node at a time). Default off.",
            (settings, value) =>
            {
                AnnounceMode? mode = value switch { "off" => AnnounceMode.Off, "l2" => AnnounceMode.L2, _ => null };
                settings.LoadBalancerAnnounce = mode ?? settings.LoadBalancerAnnounce;
                return mode is null ? "must be off or l2" : null;
            }),
        List("load-balancer-interface", "NAME", "Interfaces on which they are announced, whatever their networks. Default: the one whose network an address is in.",
            (settings, values) =>
            {
                settings.LoadBalancerInterfaces = [.. values];
                return values.FirstOrDefault(value => value.Length is 0 or > DummyInterface.MaxNameLength) is { } wrong ? $"'{wrong}' is not the name of an interface" : null;
            }),
        One("load-balancer-lease-duration", "DURATION", "How long other nodes wait for one that is not heard of before they take its addresses; it renews its Lease four times as often. Default 2s.",
            (settings, value) =>
            {
                if (!int.TryParse(value.TrimEnd('s'), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds is < 2 or > 60)
                {
                    return "must be a whole number of seconds from 2 to 60";
                }

                settings.LoadBalancerLeaseDuration = TimeSpan.FromSeconds(seconds);
                return null;
            }),
        One("load-balancer-without-api", "POLICY", "What becomes of the addresses of a node that cannot renew its Lease: keep (until another node asks for them on the LAN) or withdraw. Default keep.",
            (settings, value) =>
            {
                WithoutApi? policy = value switch { "keep" => WithoutApi.Keep, "withdraw" => WithoutApi.Withdraw, _ => null };
                settings.LoadBalancerWithoutApi = policy ?? settings.LoadBalancerWithoutApi;
                return policy is null ? "must be keep or withdraw" : null;
            }),
        Name("load-balancer-config", "ConfigMap with named pools of such addresses. Default: none.", (settings, name) => settings.LoadBalancerConfig = name),
        One("load-balancer-class", "NAME", $"Value of spec.loadBalancerClass that is ours. Default {LoadBalancerOptions.OwnClass}.", (settings, value) =>
        {
            settings.LoadBalancerClass = value;
            return null;
        }),
        Boolean("load-balancer-default-class", "Services without a loadBalancerClass are ours. Default: from manifests true, in a cluster false.",
            (settings, isDefault) => settings.LoadBalancerDefaultClass = isDefault),
        Boolean("load-balancer-node-addresses", "Without pools: the addresses of the nodes that serve are the load balancer. Default false.",
            (settings, uses) => settings.LoadBalancerNodeAddresses = uses),
        Boolean("allow-external-name-services", "Let Ingresses lead to Services of type ExternalName. Default true.",
            (settings, allowed) => settings.AllowExternalNameServices = allowed) with { IsLive = true },
        Boolean("allow-external-ips", "Serve the externalIPs of Services. Default true.", (settings, allowed) => settings.AllowExternalIPs = allowed) with { IsLive = true },
        One("service-proxy-name", "NAME", "Serve Services whose label service.kubernetes.io/service-proxy-name has this value, too. Default: only those without the label.",
            (settings, value) =>
            {
                settings.ServiceProxyName = value;
                return null;
            }) with { IsLive = true },
        One("node-port-range", "FROM-TO", "Range of node ports. Default 30000-32767.", (settings, value) =>
        {
            settings.NodePortRange = value;
            return null;
        }),
        One("ingress-class", "NAME", "Value of the annotation kubernetes.io/ingress.class that is ours, and the name meant by --ingress-class-by-name. Default edgeproxy.",
            (settings, value) =>
            {
                settings.IngressClass = value;
                return null;
            }),
        Boolean("ingress-class-by-name", "The class named by --ingress-class is ours whatever its IngressClass says, or without one. Default false.",
            (settings, byName) => settings.IngressClassByName = byName),
        Boolean("watch-ingress-without-class", "Ingresses that name no class are ours. Default false.",
            (settings, withoutClass) => settings.WatchIngressWithoutClass = withoutClass),
        List("controller", "NAME", "Values of IngressClass.spec.controller that are ours. Default edgeproxy.io/ingress-controller and, from manifests, k8s.io/ingress-nginx.",
            (settings, values) =>
            {
                settings.Controllers = [.. values];
                return null;
            }),
        Name("default-certificate", "Secret with the certificate for names without one of their own. Default: one is made at start.",
            (settings, name) => settings.DefaultCertificate = name),
        Name("configmap", "ConfigMap with the controller's configuration, with ingress-nginx's keys. Default: none.", (settings, name) => settings.ConfigMap = name),
        Name("tcp-services-configmap", "ConfigMap of ports that lead to TCP ports of Services: \"9000\": \"ns/service:port\". Default: none.",
            (settings, name) => settings.TcpServices = name),
        Name("udp-services-configmap", "The same for UDP. Default: none.", (settings, name) => settings.UdpServices = name),
        Boolean("translate-snippets", "Honour snippets that are made of harmless directives only (headers, an unconditional return). Default false.",
            (settings, translates) => settings.TranslateSnippets = translates) with { IsLive = true },
        One("affinity-key-file", "PATH", "File with the secret that affinity cookies are signed with, the same for all replicas. Default: one of this process.",
            (settings, value) =>
            {
                const int MinLength = 16;
                try
                {
                    settings.AffinityKey = File.ReadAllText(value).Trim();
                    return settings.AffinityKey.Length < MinLength ? $"must hold at least {MinLength} characters" : null;
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException)
                {
                    return "must be a file that can be read";
                }
            }),
        List("publish-status-address", "ADDRESS", "Addresses and names that the status of Ingresses shows. Default: found out.", (settings, values) =>
        {
            settings.PublishStatusAddresses = [.. values];
            return values.FirstOrDefault(value => !IPAddress.TryParse(value, out _) && !IsName(value)) is { } wrong ? $"'{wrong}' is neither an IP address nor a name in lower case" : null;
        }),
        Name("default-backend-service", "Service whose first port gets what no Ingress takes, and the errors of custom-http-errors. Default: 404.",
            (settings, name) => settings.DefaultBackendService = name),
        Name("publish-service", "Service whose addresses the status of Ingresses shows. Default: the addresses of the nodes with ready replicas.",
            (settings, name) => settings.PublishService = name),
        Boolean("update-status", "Write the status of Ingresses, in a cluster. Default true; false beside another controller that does.",
            (settings, on) => settings.UpdateStatus = on),
        Boolean("update-status-on-shutdown", "Take the status back when the last replica stops. Default true.",
            (settings, on) => settings.UpdateStatusOnShutdown = on),
        Boolean("leader-elect", "Let replicas elect the one that writes status and Events. Default true.", (settings, on) => settings.LeaderElect = on),
        One("election-id", "NAME", "Name of the Lease by which replicas elect. Default edgeproxy-leader.", (settings, value) =>
        {
            settings.ElectionId = value;
            return IsName(value) ? null : "must be letters in lower case, digits and dashes, with dots between labels";
        }),
        One("election-namespace", "NAMESPACE", "Namespace of that Lease. Default: that of our pod, else of the kubeconfig's context.", (settings, value) =>
        {
            settings.ElectionNamespace = value;
            return IsName(value) && !value.Contains('.', StringComparison.Ordinal) ? null : "must be letters in lower case, digits and dashes";
        }),
        One("scheduler", "NAME", $"Scheduler of Services without the annotation edgeproxy.io/scheduler: {string.Join(", ", SchedulingPolicy.Schedulers)}. Default rr.",
            (settings, value) =>
            {
                if (!SchedulingPolicy.Schedulers.Contains(value))
                {
                    return $"must be one of {string.Join(", ", SchedulingPolicy.Schedulers)}";
                }

                settings.Scheduler = value;
                return null;
            }) with { IsLive = true },
        Boolean("passive-ejection", "Pass over endpoints that keep failing, for a while. Default true.", (settings, ejects) => settings.PassiveEjection = ejects) with { IsLive = true },
        Boolean("unsafe-local-targets", "Let auth-url and ExternalName Services lead to loopback and link-local addresses, metadata services of clouds among them. Default false.",
            (settings, allowed) => settings.UnsafeLocalTargets = allowed),
        Duration("connect-timeout", DurationRule.Connect, "Time an endpoint of a Service gets to accept a TCP connection. Default 2s.",
            (settings, timeout) => settings.Timeouts = settings.Timeouts with { Connect = timeout }) with { IsLive = true },
        Duration("idle-timeout", DurationRule.Idle, "How long a TCP connection to a Service may be silent; 0: for ever. Default 0.",
            (settings, timeout) => settings.Timeouts = settings.Timeouts with { Idle = timeout }) with { IsLive = true },
        Duration("udp-idle-timeout", DurationRule.Udp, "How long a UDP flow to a Service may be silent. Default 60s.",
            (settings, timeout) => settings.Timeouts = settings.Timeouts with { UdpIdle = timeout }) with { IsLive = true },
        List("proxy-protocol-from", "CIDR", "Senders whose PROXY headers are believed, on Services with edgeproxy.io/accept-proxy-protocol. Default: nobody.", (settings, values) =>
            ParseEach<IpPrefix>(values, TryParseRange, ranges => settings.ProxyProtocolFrom = ranges, "an IP address or a range such as 10.0.0.0/8")),
        List("http-proxy-protocol-from", "CIDR", "Senders that begin every connection to the HTTP and HTTPS ports with a PROXY header; without one they are reset. Default: nobody.",
            (settings, values) => ParseEach<IpPrefix>(
                values, TryParseRange, ranges => settings.HttpProxyProtocolFrom = ranges, "an IP address or a range such as 10.0.0.0/8")),
        Boolean("ssl-passthrough", "Relay TLS, as it is, to hosts with the annotation ssl-passthrough. Default false.", (settings, passes) => settings.SslPassthrough = passes),
        Boolean("http-fast-lane", "Serve plain HTTP/1.1 requests that need nothing but forwarding on the event loops. Default true.", (settings, on) => settings.HttpFastLane = on),
        Boolean("http3", "Serve HTTP/3 at the HTTPS port's number of UDP too, where libmsquic is installed. Default false.", (settings, on) => settings.Http3 = on),
        List("dns", "IP[:PORT]", "Addresses on which to answer DNS for Services, by UDP and TCP; port 53 when left out. Default: no DNS.", (settings, values) =>
            ParseEach<IPEndPoint>(values, TryParseDnsListener, endpoints => settings.Dns = endpoints, "an address of this host with a port, such as 127.0.0.1:5353 (not 0.0.0.0 or ::)")),
        One("dns-domain", "NAME", "Cluster domain, under which Services have names. Default cluster.local.", (settings, value) =>
        {
            var domain = value.TrimEnd('.').ToLowerInvariant();
            if (!ZoneOptions.IsDomain(domain))
            {
                return $"must be a domain name of at most {ZoneOptions.MaxDomainLength} characters";
            }

            settings.DnsZone = settings.DnsZone with { Domain = domain };
            return null;
        }),
        List("dns-upstream", "IP[:PORT]", "DNS servers for all other names, or 'none'. Default: those of /etc/resolv.conf, without ourselves.", (settings, values) =>
            values is ["none"]
                ? ParseEach<IPEndPoint>([], TryParseDnsServer, endpoints => settings.DnsUpstreams = endpoints, "")
                : ParseEach<IPEndPoint>(values, TryParseDnsServer, endpoints => settings.DnsUpstreams = endpoints, "an address of a DNS server, or 'none'")),
        One("dns-ttl", "SECONDS", "How long clients may keep an answer for a Service, 0-3600. Default 5.", (settings, value) =>
        {
            if (!int.TryParse(value.TrimEnd('s'), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > 3600)
            {
                return "must be a whole number of seconds from 0 to 3600";
            }

            settings.DnsZone = settings.DnsZone with { Ttl = TimeSpan.FromSeconds(seconds) };
            return null;
        }),
        One("dns-pods", "MODE", "Names of pods (1-2-3-4.NAMESPACE.pod): disabled, insecure (any address) or verified (addresses pods have). Default verified.",
            (settings, value) =>
            {
                if (!Enum.TryParse<PodNames>(value, ignoreCase: true, out var pods) || !Enum.IsDefined(pods))
                {
                    return "must be disabled, insecure or verified";
                }

                settings.DnsZone = settings.DnsZone with { Pods = pods };
                return null;
            }),
        Boolean("dns-ignore-empty", "true: a Service with a cluster IP but without ready endpoints has no name. Default false.",
            (settings, ignore) => settings.DnsZone = settings.DnsZone with { IgnoreEmptyServices = ignore }),
        One("admin-address", "IP", "Address of the admin port. Default 127.0.0.1.", (settings, value) =>
        {
            if (!IPAddress.TryParse(value, out var address))
            {
                return "must be an IP address";
            }

            settings.AdminAddress = address;
            return null;
        }),
        Port("admin-port", "Port of the web page, /healthz, /readyz, /metrics and the API. Default 9180, or any free one when that is taken.", (settings, port) => settings.AdminPort = port),
        One("admin-token-file", "FILE", "File with the token that the admin port asks for (Authorization: Bearer), probes aside; at least 16 characters, read again when it changes. Default: none.",
            (settings, value) =>
            {
                settings.AdminTokenFile = value;
                return AdminToken.Read(value, out var mistake) is null ? mistake : null;
            }),
        Duration("drain-timeout", DurationRule.UpToAnHour, "Time open connections get to finish after SIGTERM. Default 30s; demo 1s.",
            (settings, limit) => settings.DrainTimeout = limit) with { IsLive = true },
        Duration("shutdown-delay", DurationRule.UpToAnHour, "Time after SIGTERM in which everything is served as before, but /readyz says no, so that whoever balances over us looks elsewhere. Default 0.",
            (settings, delay) => settings.ShutdownDelay = delay) with { IsLive = true },
        One("healthz-bind-address", "IP[:PORT]", "Where to answer /healthz and /livez as kube-proxy does, such as 0.0.0.0; port 10256 when left out. Default: nowhere.",
            (settings, value) =>
            {
                const int KubeProxyPort = 10256;
                if (!TryParseEndpoint(value, KubeProxyPort, out var endpoint))
                {
                    return "must be an IP address with or without a port";
                }

                settings.HealthzBindAddress = endpoint;
                return null;
            }),
        One("io", "ENGINE", "auto (io_uring where the kernel allows it, else epoll), epoll or io_uring. Default auto.", (settings, value) =>
        {
            IoMode? io = value switch { "auto" => IoMode.Auto, "epoll" => IoMode.Epoll, "io_uring" => IoMode.IoUring, _ => null };
            settings.Io = io ?? settings.Io;
            return io is null ? "must be auto, epoll or io_uring" : null;
        }),
        One("threads", "COUNT", "Event loops for TCP and UDP, one thread each, 1-256. Default: one per processor.", (settings, value) =>
        {
            if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var threads) || threads is < 1 or > 256)
            {
                return "must be a number from 1 to 256";
            }

            settings.Threads = threads;
            return null;
        }),
        One("state-dir", "PATH", "Folder for what survives a restart. Manifests: which Service was given which address; default edgeproxy in the user's state folder. A cluster: the last-good state, only when given.", (settings, value) =>
        {
            settings.StateDirectory = value;
            return null;
        }),
        One("log-level", "LEVEL", "trace, debug, information, warning, error or none. Default information; demo warning.", (settings, value) =>
        {
            if (!Enum.TryParse<LogLevel>(value, ignoreCase: true, out var level) || !Enum.IsDefined(level))
            {
                return "must be trace, debug, information, warning, error or none";
            }

            settings.LogLevel = level;
            return null;
        }) with { IsLive = true },
        One("access-log", "FORMAT", "One line per HTTP request on standard output: off, upstreaminfo (ingress-nginx's format) or json. Default off.", (settings, value) =>
        {
            if (!Enum.TryParse<AccessLogFormat>(value, ignoreCase: true, out var format) || !Enum.IsDefined(format))
            {
                return "must be off, upstreaminfo or json";
            }

            settings.AccessLog = format;
            return null;
        }) with { IsLive = true },
        One("l4-access-log", "FORMAT", "One line per TCP connection and UDP flow on standard output: off, stream (ingress-nginx's format) or json. Default off.", (settings, value) =>
        {
            if (!Enum.TryParse<ConnectionLogFormat>(value, ignoreCase: true, out var format) || !Enum.IsDefined(format))
            {
                return "must be off, stream or json";
            }

            settings.ConnectionLog = format;
            return null;
        }) with { IsLive = true },
        One("metrics-detail", "WHICH", "Labels of HTTP metrics that grow with what is served: none, host or route. Default none.", (settings, value) =>
        {
            if (!Enum.TryParse<MetricsDetail>(value, ignoreCase: true, out var detail) || !Enum.IsDefined(detail))
            {
                return "must be none, host or route";
            }

            settings.MetricsDetail = detail;
            return null;
        }),
        Boolean("nginx-metrics", "Add the names that dashboards for ingress-nginx ask for to /metrics. Default false.", (settings, adds) => settings.NginxMetrics = adds),
        One("otlp-endpoint", "URL", "Collector that gets metrics and traces by OTLP. Default: what OTEL_EXPORTER_OTLP_ENDPOINT says, else nobody.", (settings, value) =>
        {
            if (!Uri.TryCreate(value, UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("http" or "https"))
            {
                return "must be a URL that begins with http:// or https://";
            }

            settings.Otlp.Endpoint = endpoint;
            return null;
        }),
        One("otlp-protocol", "PROTOCOL", "grpc or http/protobuf. Default: what OTEL_EXPORTER_OTLP_PROTOCOL says, else grpc.", (settings, value) =>
        {
            settings.Otlp.Protocol = value switch { "grpc" => OtlpExportProtocol.Grpc, "http/protobuf" => OtlpExportProtocol.HttpProtobuf, _ => null };
            return settings.Otlp.Protocol is null ? "must be grpc or http/protobuf" : null;
        }),
        One("otlp-headers", "NAME=VALUE,…", "Headers for the collector, such as credentials: better in the variable than on a command line. Default: what OTEL_EXPORTER_OTLP_HEADERS says.",
            (settings, value) =>
            {
                settings.Otlp.Headers = value;
                return value.Split(',').All(pair => pair.IndexOf('=', StringComparison.Ordinal) > 0) ? null : "must be name=value pairs divided by commas";
            }),
        One("traces-sample", "WHICH", "Requests that are traced: always, never, a ratio from 0 to 1, or parent:RATIO, which leaves it to the client where it says so. Default: what OTEL_TRACES_SAMPLER says, else parent:always.",
            (settings, value) =>
            {
                settings.Otlp.Sampler = OtlpOptions.ParseSampler(value);
                return settings.Otlp.Sampler is null ? "must be always, never, a ratio from 0 to 1, parent, or one of these behind parent:" : null;
            }),
        One("log-format", "FORMAT", "auto (human on a terminal, JSON otherwise), human or json. Default auto.", (settings, value) =>
        {
            if (!Enum.TryParse<LogFormat>(value, ignoreCase: true, out var format) || !Enum.IsDefined(format))
            {
                return "must be auto, human or json";
            }

            settings.LogFormat = format;
            return null;
        }),
    ];

    private delegate bool TryParse<T>(string text, out T value);

    private static Setting One(string name, string hint, string help, Func<ProxySettings, string, string?> apply) =>
        new(name, hint, help, IsList: false, (settings, values) => apply(settings, values[^1]));

    private static Setting List(string name, string hint, string help, Func<ProxySettings, IReadOnlyList<string>, string?> apply) =>
        new(name, hint, help, IsList: true, apply);

    // What Kubernetes takes for names of objects and for host names in a status: lower case, dots between labels.
    private static bool IsName(string text) =>
        text.Length <= 253 && text.Split('.').All(label => label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-'
            && label.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-'));

    private static Setting Port(string name, string help, Action<ProxySettings, int> set) => One(name, "PORT", help, (settings, value) =>
    {
        if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port > ushort.MaxValue)
        {
            return "must be a port number from 0 to 65535";
        }

        set(settings, port);
        return null;
    });

    private static Setting Name(string name, string help, Action<ProxySettings, NamespacedName> set) =>
        One(name, "NS/NAME", help, (settings, value) =>
        {
            if (!NamespacedName.TryParse(value, out var parsed))
            {
                return "must be NAMESPACE/NAME";
            }

            set(settings, parsed);
            return null;
        });

    private static Setting Boolean(string name, string help, Action<ProxySettings, bool> set) => One(name, "BOOL", help, (settings, value) =>
    {
        if (!bool.TryParse(value, out var flag))
        {
            return "must be true or false";
        }

        set(settings, flag);
        return null;
    });

    private static Setting Duration(string name, DurationRule rule, string help, Action<ProxySettings, TimeSpan> set) =>
        One(name, "DURATION", help, (settings, value) =>
        {
            if (!rule.TryParse(value, out var duration))
            {
                return rule.ToString();
            }

            set(settings, duration);
            return null;
        });

    private static string? ParseEach<T>(IReadOnlyList<string> values, TryParse<T> parse, Action<ImmutableArray<T>> set, string what)
    {
        var parsed = ImmutableArray.CreateBuilder<T>(values.Count);
        foreach (var text in values)
        {
            if (!parse(text, out var value))
            {
                return $"'{text}' is not {what}";
            }

            parsed.Add(value);
        }

        set(parsed.ToImmutable());
        return null;
    }

    // A UDP answer must leave from the address that was asked, which a socket on the wildcard does not see to.
    private static bool TryParseDnsListener(string text, out IPEndPoint endpoint) =>
        TryParseDnsServer(text, out endpoint) && !endpoint.Address.Equals(IPAddress.Any) && !endpoint.Address.Equals(IPAddress.IPv6Any);

    private static bool TryParseDnsServer(string text, out IPEndPoint endpoint)
    {
        const int DnsPort = 53;
        return TryParseEndpoint(text, DnsPort, out endpoint);
    }

    private static bool TryParseEndpoint(string text, int defaultPort, out IPEndPoint endpoint)
    {
        if (IPAddress.TryParse(text, out var address))
        {
            endpoint = new IPEndPoint(address, defaultPort);
            return true;
        }

        // The runtime also reads a number alone as an address.
        return IPEndPoint.TryParse(text, out endpoint!) && text.Contains(':', StringComparison.Ordinal);
    }

    private static bool TryParseRange(string text, out IpPrefix range) => IpPrefix.TryParseRangeOrAddress(text, out range);

    private static bool TryParseAddress(string text, out IPAddress address) => IPAddress.TryParse(text, out address!);
}
