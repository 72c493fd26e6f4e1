using EdgeProxy.Http.Endpoints;
using EdgeProxy.Http.Policies;
using EdgeProxy.Model.Certificates;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http.Forwarding;

/// <summary>The last word on the head of an answer, before anything of it is sent: what holds for every host, then what the route asks for.</summary>
internal static class ResponseHeaders
{
    /// <summary>Of an endpoint's answer.</summary>
    public static void FinishEndpointAnswer(Exchange exchange, HttpResponse response)
    {
        exchange.Steps?.ApplyToEndpointAnswer(exchange, response);
        FinishAnswer(exchange, response);
    }

    /// <summary>Of any answer, be it an endpoint's or our own.</summary>
    public static void FinishAnswer(Exchange exchange, HttpResponse response)
    {
        if (exchange.Client.AltSvc is { } altSvc && exchange.HostName.Length > 0 && QuicEntrance.Serves(exchange.Snapshot, exchange.HostName))
        {
            response.Headers.AltSvc = altSvc;
        }

        var settings = exchange.Snapshot.Http;
        if (settings.ChangesAnswers)
        {
            GlobalPolicies.ChangeAnswer(settings, response);
        }

        // RFC 6797 §7.2: never over plain HTTP. Not with a certificate made at start either: a browser that once believed it would lock its
        // user out of the host.
        if (exchange.Client.IsHttps && settings.StrictTransportSecurity is { } policy && HasCertificate(exchange))
        {
            response.Headers.StrictTransportSecurity = policy;
        }

        exchange.Steps?.ApplyTo(exchange, response);
    }

    private static bool HasCertificate(Exchange exchange) =>
        exchange.HostName.Length > 0 && exchange.Snapshot.FindCertificate(exchange.HostName) is ServerCertificate certificate && certificate.Covers(exchange.HostName);
}
