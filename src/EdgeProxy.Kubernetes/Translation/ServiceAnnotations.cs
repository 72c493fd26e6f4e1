using System.Globalization;
using EdgeProxy.Kubernetes.Annotations;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;
using EdgeProxy.Model.Scheduling;

namespace EdgeProxy.Kubernetes.Translation;

/// <summary>The annotations <c>edgeproxy.io/…</c> of one Service. An invalid value counts as absent and is reported; so is a name nobody knows.</summary>
internal sealed partial class ServiceAnnotations
{
    private const string Prefix = "edgeproxy.io/";

    private readonly Service _service;
    private readonly ProblemSink _problems;
    private readonly Dictionary<(string? Port, IpAddr Address), int> _weights = [];

    private ServiceAnnotations(Service service, TranslationOptions options, ProblemSink problems)
    {
        _service = service;
        _problems = problems;
        EjectsFailing = options.PassiveEjection;
        Scheduling = new SchedulingPolicy { Scheduler = options.Scheduler };
        Timeouts = options.Timeouts;
    }

    /// <summary>scheduler, scheduler-flags, slow-start and max-connections.</summary>
    public SchedulingPolicy Scheduling { get; private set; }

    /// <summary>passive-ejection; default as the process is set.</summary>
    public bool EjectsFailing { get; private set; }

    /// <summary>connect-timeout, idle-timeout, tcp-keepalive, udp-idle-timeout, udp-first-reply-timeout and drain-timeout; default as the process is set.</summary>
    public ServiceTimeouts Timeouts { get; private set; }

    /// <summary>accept-proxy-protocol, send-proxy-protocol and transparent.</summary>
    public ClientAddressPolicy ClientAddress { get; private set; } = ClientAddressPolicy.Default;

    /// <summary>Reads them all.</summary>
    public static ServiceAnnotations Read(Service service, TranslationOptions options, ProblemSink problems)
    {
        var annotations = new ServiceAnnotations(service, options, problems);
        foreach (var (name, value) in service.Metadata.Annotations ?? [])
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal))
            {
                annotations.Read(name[Prefix.Length..], value.Trim(), $"metadata.annotations[{name}]");
            }
        }

        annotations.ReportLoneHealthCheckDetails();
        return annotations;
    }

    /// <summary>The weight the map has for an endpoint of a port: an entry with the port's name or number before one for all ports.</summary>
    public int? WeightOf(ServicePortSpec port, IpAddr address)
    {
        if (_weights.Count == 0)
        {
            return null;
        }

        var number = port.Port?.ToString(CultureInfo.InvariantCulture);
        return Find(port.Name) ?? Find(number) ?? (_weights.TryGetValue((null, address), out var weight) ? weight : null);

        int? Find(string? key) => key is not null && _weights.TryGetValue((key, address), out var found) ? found : null;
    }

    private void Read(string name, string value, string field)
    {
        switch (name)
        {
            case "scheduler" when SchedulingPolicy.Schedulers.Contains(value):
                Scheduling = Scheduling with { Scheduler = value };
                break;

            case "scheduler":
                Report(field, value, $"must be one of {string.Join(", ", SchedulingPolicy.Schedulers)}; {Scheduling.Scheduler} is used");
                break;

            case "scheduler-flags":
                ReadFlags(value, field);
                break;

            case "slow-start":
                Scheduling = Scheduling with { SlowStart = ReadDuration(DurationRule.UpToAnHour, value, field) ?? Scheduling.SlowStart };
                break;

            case "max-connections" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var limit):
                Scheduling = Scheduling with { MaxConnections = limit };
                break;

            case "max-connections":
                Report(field, value, "must be a whole number, 0 for no limit; taken as absent");
                break;

            case "passive-ejection" when GoBoolean.TryParse(value, out var ejects):
                EjectsFailing = ejects;
                break;

            case "passive-ejection":
                Report(field, value, "must be \"true\" or \"false\"; taken as absent");
                break;

            case "connect-timeout":
                Timeouts = Timeouts with { Connect = ReadDuration(DurationRule.Connect, value, field) ?? Timeouts.Connect };
                break;

            case "idle-timeout":
                Timeouts = Timeouts with { Idle = ReadDuration(DurationRule.Idle, value, field) ?? Timeouts.Idle };
                break;

            case "tcp-keepalive":
                var keepAlive = value == "off" ? TimeSpan.Zero : ReadDuration(DurationRule.KeepAlive, value, field);
                Timeouts = Timeouts with { KeepAlive = keepAlive ?? Timeouts.KeepAlive };
                break;

            case "udp-idle-timeout":
                Timeouts = Timeouts with { UdpIdle = ReadDuration(DurationRule.Udp, value, field) ?? Timeouts.UdpIdle };
                break;

            case "udp-first-reply-timeout":
                Timeouts = Timeouts with { UdpFirstReply = ReadDuration(DurationRule.Udp, value, field) ?? Timeouts.UdpFirstReply };
                break;

            case "drain-timeout":
                Timeouts = Timeouts with { Drain = ReadDuration(DurationRule.Drain, value, field) ?? Timeouts.Drain };
                break;

            case "health-check" or "health-check-interval" or "health-check-timeout" or "health-check-rise" or "health-check-fall":
                ReadHealthCheck(name, value, field);
                break;

            case "accept-proxy-protocol" when GoBoolean.TryParse(value, out var accepts):
                ClientAddress = ClientAddress with { AcceptsProxyProtocol = accepts };
                WarnOfUdp(field);
                break;

            case "send-proxy-protocol" when ParseVersion(value) is { } version:
                ClientAddress = ClientAddress with { SendsProxyProtocol = version };
                WarnOfUdp(field);
                break;

            case "send-proxy-protocol":
                Report(field, value, "must be \"v1\" or \"v2\"; taken as absent");
                break;

            case "transparent" when GoBoolean.TryParse(value, out var transparent):
                ClientAddress = ClientAddress with { IsTransparent = transparent };
                WarnOfUdp(field);
                break;

            case "accept-proxy-protocol" or "transparent":
                Report(field, value, "must be \"true\" or \"false\"; taken as absent");
                break;

            case "weight":
                ReadWeights(value, field);
                break;

            case "load-balancer-ips" or "address-pool" or "allow-shared-ip":
                // Of whoever gives addresses: LoadBalancing/AddressRequest.
                break;

            default:
                _problems.Warning(_service, field, "the annotation is not known and has no effect", ProblemReason.AnnotationIgnored);
                break;
        }
    }

    /// <summary>As ipvsadm's --sched-flags; the scheduler in front is decoration, a Service has only one.</summary>
    private void ReadFlags(string value, string field)
    {
        var flags = HashOptions.None;
        foreach (var flag in value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            switch (flag)
            {
                case "sh-port" or "mh-port":
                    flags |= HashOptions.Port;
                    break;

                case "sh-fallback" or "mh-fallback":
                    flags |= HashOptions.Fallback;
                    break;

                default:
                    Report(field, flag, "must be sh-port, sh-fallback, mh-port or mh-fallback; the flag is left out");
                    break;
            }
        }

        Scheduling = Scheduling with { Flags = flags };
    }

    /// <summary><c>[PORT/]ADDRESS=WEIGHT</c>, divided by commas; PORT is the name or number of a port of the Service.</summary>
    private void ReadWeights(string value, string field)
    {
        foreach (var entry in value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = entry.IndexOf('=', StringComparison.Ordinal);
            var slash = entry.IndexOf('/', StringComparison.Ordinal);
            var port = slash > 0 ? entry[..slash].Trim() : null;
            if (equals < 0 || !IpAddr.TryParse(entry.AsSpan()[(slash + 1)..equals].Trim(), out var address))
            {
                Report(field, entry, "must be [PORT/]ADDRESS=WEIGHT; the entry is left out");
            }
            else if (!EndpointWeight.TryParse(entry[(equals + 1)..], out var weight))
            {
                Report(field, entry, $"the weight {EndpointWeight.Rule}; the entry is left out");
            }
            else if (port is not null && !HasPort(port))
            {
                Report(field, entry, "the Service has no port of that name or number; the entry is left out");
            }
            else
            {
                _weights[(port, address)] = weight;
            }
        }
    }

    private bool HasPort(string port) => (_service.Spec.Ports ?? [])
        .Exists(own => own.Name == port || own.Port?.ToString(CultureInfo.InvariantCulture) == port);

    private static ProxyProtocolVersion? ParseVersion(string value) => value switch
    {
        "v1" => ProxyProtocolVersion.V1,
        "v2" => ProxyProtocolVersion.V2,
        _ => null,
    };

    private void WarnOfUdp(string field)
    {
        if ((_service.Spec.Ports ?? []).Exists(port => port.Protocol is "UDP"))
        {
            _problems.Warning(_service, field, "the annotation has no effect on the UDP ports of the Service", ProblemReason.AnnotationIgnored);
        }
    }

    private void Report(string field, string value, string rule) => _problems.Warning(_service, field, $"Invalid value: \"{value}\": {rule}", ProblemReason.AnnotationIgnored);

    private TimeSpan? ReadDuration(DurationRule rule, string value, string field)
    {
        if (rule.TryParse(value, out var duration))
        {
            return duration;
        }

        Report(field, value, $"{rule}; taken as absent");
        return null;
    }
}
