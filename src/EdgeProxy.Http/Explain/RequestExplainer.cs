using System.Collections.Immutable;
using System.Reflection;
using EdgeProxy.Http.Forwarding;
using EdgeProxy.Model;
using EdgeProxy.Model.Explaining;
using EdgeProxy.Model.Policies;
using EdgeProxy.Model.Routing;

namespace EdgeProxy.Http.Explain;

/// <summary>Explains what would become of a request, by the same table and the same normalisation as the data path. Sends nothing.</summary>
public static class RequestExplainer
{
    // RFC 8555 §8.3.
    private const string AcmeChallenge = "/.well-known/acme-challenge/";

    /// <summary>Explains one.</summary>
    /// <param name="snapshot">What is served.</param>
    /// <param name="method">Such as GET.</param>
    /// <param name="request">http or https, host, path and query; the path is taken byte for byte.</param>
    /// <param name="headers">Header lines; Host, Origin and what a canary asks for matter.</param>
    /// <exception cref="FormatException">The URL is none; the message says why.</exception>
    public static RequestExplanation Explain(ProxySnapshot snapshot, string method, string request, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        var (isHttps, authority, target) = Split(request);
        var hostHeader = headers.Where(header => header.Key.Equals("Host", StringComparison.OrdinalIgnoreCase)).Select(header => header.Value).LastOrDefault() ?? authority;
        var host = HostName.Normalize(hostHeader);
        var explanation = new RequestExplanation(
            method, request, snapshot.Generation, isHttps ? "https" : "http", host, "", isHttps ? Certificate(snapshot, HostName.Normalize(authority)) : null,
            [], [], null, [], null, [], ResponseReason.BadRequest.Word(), ResponseReason.BadRequest.Status(), null, null);
        if (!RequestPath.TryNormalize(target, out var path))
        {
            return explanation;
        }

        var chosen = RouteExplainer.Explain(snapshot.Routes, host, path.ToString());
        explanation = explanation with { Path = path.ToString(), Hosts = chosen.Hosts, Candidates = chosen.Candidates };
        if (chosen.Route is null && snapshot.DefaultRoute is { } forAll)
        {
            explanation = explanation with
            {
                Candidates = [.. chosen.Candidates, new RouteCandidate(forAll.Ingress.ToString(), "*", "default backend", "", IsChosen: true, "chosen: no Ingress takes the request")],
            };
        }

        if ((chosen.Route ?? snapshot.DefaultRoute) is not { } route)
        {
            return With(explanation, ResponseReason.NoRoute);
        }

        explanation = explanation with { Ingress = route.Ingress.ToString(), Steps = StepsOf(route) };
        var origin = headers.Where(header => header.Key.Equals("Origin", StringComparison.OrdinalIgnoreCase)).Select(header => header.Value).LastOrDefault();
        if (OwnAnswer(explanation, route, hostHeader, target, origin, snapshot.Http) is { } answered)
        {
            return answered;
        }

        if (route.SslRedirect && !isHttps && !path.StartsWith(AcmeChallenge, StringComparison.Ordinal))
        {
            return With(explanation, ResponseReason.HttpsRedirect) with { Status = snapshot.Http.RedirectStatus, Location = $"https://{host}{target}" };
        }

        if (route.Backend is null || snapshot.Find(route.Backend) is not { } port)
        {
            return DefaultBackend(explanation, route, snapshot)
                ?? With(explanation, ResponseReason.BackendMissing) with { Service = route.Backend?.ToString() };
        }

        if (route.Canary is { } canary)
        {
            var (side, why) = CanaryExplainer.Explain(snapshot, canary, port, headers);
            port = side ?? port;
            explanation = explanation with { Candidates = [.. chosen.Candidates.Select(rule => IsCanary(rule, canary, route) ? rule with { Why = why } : rule)] };
        }

        var forwarded = route.Rewrite is { } rewrite ? RequestTarget.Rewritten(rewrite.Apply(path), target) : target;
        explanation = explanation with { Service = port.Name.ToString(), Endpoints = Endpoints(port) };
        return port.HttpScheduler.Candidates.IsEmpty
            ? DefaultBackend(explanation, route, snapshot) ?? With(explanation, ResponseReason.NoEndpoint)
            : With(explanation, ResponseReason.Forwarded) with { UpstreamRequest = $"{method} {forwarded} (Host: {hostHeader})" };
    }

    private static bool IsCanary(RouteCandidate rule, CanaryRoute canary, Route route) =>
        rule.Ingress == canary.Ingress.ToString() && rule.Path == route.Path && rule.Type == route.Type.ToString();

    /// <summary>What the route answers itself before anything is forwarded, in the order of <see cref="Policies.RouteSteps"/>; null: nothing.</summary>
    private static RequestExplanation? OwnAnswer(
        RequestExplanation explanation, Route route, string hostHeader, string target, string? origin, HttpSettings settings)
    {
        RequestExplanation To(int status, string location) => With(explanation, ResponseReason.Redirect) with { Status = status, Location = location };
        if (route.RedirectsToHost is { } named)
        {
            return To(settings.RedirectStatus, $"{explanation.Listener}://{named}{HostAndPort.Split(hostHeader).Port}{target}");
        }

        if (route.HostPolicies?.AppRoot is { } root && explanation.Path == "/")
        {
            return To(302, $"{explanation.Listener}://{hostHeader}{root}");
        }

        if (route.IsClosed)
        {
            return With(explanation, ResponseReason.Closed);
        }

        return route.Policies switch
        {
            { Cors: { } cors } when explanation.Method == "OPTIONS" && cors.Allowed(origin) is not null => With(explanation, ResponseReason.Preflight),
            { Return: { Location: { } location } answer } => To(answer.Status, location.ToString()),
            { Return: { } answer } => With(explanation, ResponseReason.Returned) with { Status = answer.Status },
            { Redirect: { } redirect } => To(redirect.Status, redirect.Location),
            _ => null,
        };
    }

    /// <summary>Who answers in the place of a Service that cannot; null: nobody.</summary>
    private static RequestExplanation? DefaultBackend(RequestExplanation explanation, Route route, ProxySnapshot snapshot) =>
        route.Policies?.ErrorPages is { StandsIn: true } pages && snapshot.FindFirstPort(pages.Service) is { HttpScheduler.Candidates.IsEmpty: false } port
            ? With(explanation, ResponseReason.Forwarded) with { Service = $"{port.Name} (default-backend)", Endpoints = Endpoints(port) }
            : null;

    private static RequestExplanation With(RequestExplanation explanation, ResponseReason reason) =>
        explanation with { Outcome = reason.Word(), Status = reason.Status() };

    /// <summary>By hand: <see cref="Uri"/> would normalise what is to be explained.</summary>
    private static (bool IsHttps, string Authority, string Target) Split(string url)
    {
        var isHttps = url.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
        if (!isHttps && !url.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
        {
            throw new FormatException("the URL must begin with http:// or https://");
        }

        var rest = url[(url.IndexOf("://", StringComparison.Ordinal) + 3)..];
        var end = rest.AsSpan().IndexOfAny('/', '?', '#');
        var authority = end < 0 ? rest : rest[..end];
        if (authority.Length == 0)
        {
            throw new FormatException("the URL must name a host");
        }

        var target = end < 0 ? "/" : rest[end..];
        var fragment = target.IndexOf('#', StringComparison.Ordinal);
        target = fragment < 0 ? target : target[..fragment];
        return (isHttps, authority, target.StartsWith('/') ? target : "/" + target);
    }

    private static string Certificate(ProxySnapshot snapshot, string serverName)
    {
        var listed = snapshot.Routes.CertificatesFor(serverName);
        if (snapshot.FindCertificate(serverName) is { } certificate)
        {
            return listed.Contains(certificate.Name) ? $"Secret {certificate.Name}" : $"Secret {certificate.Name}, the default: {WhyDefault(snapshot, listed, serverName)}";
        }

        return $"one made at start: {WhyDefault(snapshot, listed, serverName)}";
    }

    private static string WhyDefault(ProxySnapshot snapshot, ImmutableArray<NamespacedName> listed, string serverName)
    {
        if (listed.IsEmpty)
        {
            return $"no Ingress names a Secret for {serverName}";
        }

        return string.Join("; ", listed.Select(secret => snapshot.Certificates.ContainsKey(secret)
            ? $"the certificate in Secret {secret} does not cover {serverName}"
            : $"Secret {secret} is missing or cannot be used"));
    }

    private static ImmutableArray<EndpointExplanation> Endpoints(ServicePort port)
    {
        var candidates = port.HttpScheduler.Candidates;
        return
        [
            .. port.Backends.Select((backend, index) => new EndpointExplanation(
                backend.Address.ToString(),
                candidates.Contains(backend),
                Why(port, backend, port.Config.Endpoints[index], candidates.Contains(backend)),
                backend.Active,
                backend.Weight)),
        ];
    }

    private static string Why(ServicePort port, Backend backend, Endpoint endpoint, bool isCandidate)
    {
        if (!isCandidate)
        {
            return endpoint switch
            {
                { Terminating: true } => "terminating",
                { Ready: false } => "not ready",
                _ => "kept for clients nearer to it (zone or node hints), or of the other address family",
            };
        }

        if (backend.IsDrained)
        {
            return "drained through the admin port: gets nothing new";
        }

        if (!backend.IsHealthy)
        {
            return "fails its health check: passed over while others are there";
        }

        if (port.IsEjected(backend))
        {
            return "kept failing: passed over for a while";
        }

        if (backend.IsDrained)
        {
            return "drained through the admin port: gets no new requests";
        }

        return backend.Weight == 0 ? "weight 0: gets no new requests" : backend.IsOpen ? "may serve" : "has all the connections it may have";
    }

    /// <summary>The features a route asks for, named as their policies are.</summary>
    public static ImmutableArray<string> StepsOf(Route route) => [.. Asked(route.HostPolicies), .. Asked(route.Policies), .. route.Rewrite is null ? [] : new[] { "rewrite-target" }];

    private static IEnumerable<string> Asked(object? policies) => policies is null
        ? []
        : policies.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Select(property => (property.Name, Value: property.GetValue(policies)))
            .Where(property => property.Value is not (null or false) && property.Value is not System.Collections.ICollection { Count: 0 })
            .Select(property => KebabCase(property.Name));

    private static string KebabCase(string name) => string.Concat(name.Select((c, index) => char.IsUpper(c) ? (index == 0 ? "" : "-") + char.ToLowerInvariant(c) : c.ToString()));
}
