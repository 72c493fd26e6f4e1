using System.Globalization;
using EdgeProxy.Model.Routing;

namespace EdgeProxy.Http.Reporting;

/// <summary>
/// What tells one series of requests from another; a number and, where detail is asked for, the rule. Names are those of OpenTelemetry's semantic
/// conventions for HTTP.
/// </summary>
public readonly record struct RequestLabels
{
    private const int MethodBits = 4;
    private const int StatusBits = 10;
    private const int VersionBits = 3;
    private const int ReasonBits = 6;

    private static readonly string[] Methods = ["_OTHER", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
    private static readonly string?[] Versions = [null, "1.0", "1.1", "2", "3"];

    private readonly string? _host;
    private readonly string? _path;
    private readonly int _packed;

    private RequestLabels(int packed, string? host, string? path)
    {
        _packed = packed;
        _host = host;
        _path = path;
    }

    /// <summary>What comes when there is no room for more sets of labels.</summary>
    public static RequestLabels Overflow { get; } = new(-1, null, null);

    /// <summary>How they ended; null for <see cref="Overflow"/>.</summary>
    public ResponseReason? Reason => _packed < 0 ? null : (ResponseReason)(_packed >> (MethodBits + StatusBits + VersionBits + 1));

    /// <summary>The status clients saw; 0: none.</summary>
    public int Status => (_packed >> MethodBits) & ((1 << StatusBits) - 1);

    /// <summary>The method, if it is one of the known ones, else <c>_OTHER</c>: clients must not be able to make up series.</summary>
    public string Method => Methods[_packed & ((1 << MethodBits) - 1)];

    private string? Version => Versions[(_packed >> (MethodBits + StatusBits)) & ((1 << VersionBits) - 1)];

    private bool IsHttps => ((_packed >> (MethodBits + StatusBits + VersionBits)) & 1) != 0;

    /// <summary>Our word for what went wrong, the status of an endpoint's 5xx, or null.</summary>
    private string? ErrorType => Reason switch
    {
        ResponseReason.ClientGone => ResponseReason.ClientGone.Word(),
        { } reason when reason.IsError() => reason.Word(),
        _ when Status >= 500 => Status.ToString(CultureInfo.InvariantCulture),
        _ => null,
    };

    /// <summary>The labels of a request from a client. <paramref name="protocol"/> is as in <c>HTTP/1.1</c>.</summary>
    public static RequestLabels Of(string method, int status, string protocol, bool https, ResponseReason reason, MetricsDetail detail, Route? route) => new(
        Pack(method, status, VersionOf(protocol), https, reason),
        detail == MetricsDetail.None ? null : route?.Host,
        detail == MetricsDetail.Route ? route?.Path : null);

    /// <summary>The labels of a try of an endpoint.</summary>
    public static RequestLabels OfTry(string method, int status, ResponseReason reason) => new(Pack(method, status, version: 0, https: false, reason), null, null);

    /// <summary>Names and values of a request from a client.</summary>
    public KeyValuePair<string, object?>[] Tags() => _packed < 0
        ? OverflowTags()
        :
        [
            new("http.request.method", Method),
            new("http.response.status_code", Status),
            new("url.scheme", IsHttps ? "https" : "http"),
            .. Optional("network.protocol.version", Version),
            .. Optional("error.type", ErrorType),
            .. Optional("server.address", _host is "" ? "*" : _host),
            .. Optional("http.route", _path is "" ? "/" : _path),
        ];

    /// <summary>Names and values of a try.</summary>
    public KeyValuePair<string, object?>[] TryTags() => _packed < 0
        ? OverflowTags()
        :
        [
            new("http.request.method", Method),
            .. Status == 0 ? [] : new KeyValuePair<string, object?>[] { new("http.response.status_code", Status) },
            .. Optional("error.type", ErrorType),
        ];

    private static KeyValuePair<string, object?>[] OverflowTags() => [new("otel.metric.overflow", true)];

    private static KeyValuePair<string, object?>[] Optional(string name, string? value) => value is null ? [] : [new(name, value)];

    private static int Pack(string method, int status, int version, bool https, ResponseReason reason) =>
        MethodOf(method)
        | (Math.Clamp(status, 0, (1 << StatusBits) - 1) << MethodBits)
        | (version << (MethodBits + StatusBits))
        | ((https ? 1 : 0) << (MethodBits + StatusBits + VersionBits))
        | (((int)reason & ((1 << ReasonBits) - 1)) << (MethodBits + StatusBits + VersionBits + 1));

    private static int MethodOf(string method) => method switch
    {
        "GET" => 1,
        "HEAD" => 2,
        "POST" => 3,
        "PUT" => 4,
        "DELETE" => 5,
        "CONNECT" => 6,
        "OPTIONS" => 7,
        "TRACE" => 8,
        "PATCH" => 9,
        _ => 0,
    };

    private static int VersionOf(string protocol) => protocol switch
    {
        "HTTP/1.1" => 2,
        "HTTP/2" => 3,
        "HTTP/1.0" => 1,
        "HTTP/3" => 4,
        _ => 0,
    };
}
