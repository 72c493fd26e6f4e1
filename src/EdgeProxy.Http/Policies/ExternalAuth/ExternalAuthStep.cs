using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EdgeProxy.Http.Forwarding;
using EdgeProxy.Http.Policies.Headers;
using EdgeProxy.Model.Policies;
using EdgeProxy.Model.Routing;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http.Policies.ExternalAuth;

/// <summary>
/// Annotation auth-url: (1) look for a verdict that is still good; (2) ask the service, with the client's headers and without its body; (3) keep the
/// verdict where that is asked for; (4) let the request go on, or answer.
/// </summary>
/// <remarks>Nothing of the request's body is read here: an upload is refused before it begins. A client that leaves ends the question too.</remarks>
internal sealed class ExternalAuthStep(Route route, ExternalAuthPolicy policy, StepServices services) : IRequestStep
{
    // What ingress-nginx writes is its own name. Seen on a request that would have to be asked about, it is a question that came back to us.
    private const string SentFrom = "X-Sent-From";
    private const string Ourselves = "edgeproxy";

    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };
    private readonly string _service = $"{policy.Method} {policy.Url}";
    private readonly string _headers = string.Join(',', policy.ResponseHeaders);

    /// <inheritdoc />
    public async ValueTask<ResponseReason> ApplyAsync(Exchange exchange)
    {
        if (exchange.Http.Request.Headers[SentFrom] == Ourselves)
        {
            HttpLog.AuthFailed(services.Logger, route, "auth-url leads back to a route that asks for authentication itself");
            return ResponseReason.AuthFailed;
        }

        if (policy.AsksRequestPort && exchange.Http.Request.Host.Port is { } port && port.ToString(CultureInfo.InvariantCulture) != exchange.Client.Port)
        {
            HttpLog.AuthFailed(services.Logger, route, "the client wrote a port that is not ours into its Host header");
            return ResponseReason.AuthFailed;
        }

        // 1
        VerdictKey? key = policy.CacheKey is { } template
            ? new VerdictKey(route.Ingress, exchange.HostName, route.Path, _service, _headers, DigestOf(TemplateText.Of(template, exchange)))
            : null;
        var verdict = key is { } known ? services.Verdicts.Find(known) : null;
        if (verdict is null)
        {
            // 2
            verdict = await AskAsync(exchange);
            if (verdict is null)
            {
                return ResponseReason.AuthFailed;
            }

            // 3
            if (key is { } fresh && verdict.MayBeKept && LifetimeOf(verdict) is { } lifetime)
            {
                services.Verdicts.Add(fresh, verdict, lifetime);
            }
        }

        // 4
        exchange.Verdict = verdict;
        return Answer(exchange, verdict);
    }

    private ResponseReason Answer(Exchange exchange, AuthVerdict verdict)
    {
        if (verdict.IsYes)
        {
            return ResponseReason.Forwarded;
        }

        switch (verdict.Status)
        {
            case StatusCodes.Status401Unauthorized when policy.SignIn is { } signIn:
                exchange.Reply.Status = StatusCodes.Status302Found;
                exchange.Reply.Headers.Location = TemplateText.Of(signIn, exchange);
                return ResponseReason.Redirect;
            case StatusCodes.Status401Unauthorized:
                if (verdict.Challenge.Count > 0)
                {
                    exchange.Reply.Headers.WWWAuthenticate = verdict.Challenge;
                }

                return ResponseReason.AuthRequired;
            case StatusCodes.Status403Forbidden:
                return ResponseReason.AuthDenied;
            default:
                HttpLog.AuthFailed(services.Logger, route, $"the service answered {verdict.Status}");
                return ResponseReason.AuthFailed;
        }
    }

    private async Task<AuthVerdict?> AskAsync(Exchange exchange)
    {
        try
        {
            using var question = Question(exchange);
            using var answer = await services.Auth.AskAsync(question, exchange.Http.RequestAborted);
            return AuthVerdict.Of(answer, policy.ResponseHeaders);
        }
        catch (Exception error) when (error is HttpRequestException or TimeoutException or UriFormatException)
        {
            HttpLog.AuthFailed(services.Logger, route, (error.InnerException ?? error).Message);
            return null;
        }
    }

    private HttpRequestMessage Question(Exchange exchange)
    {
        var request = exchange.Http.Request;
        var target = RequestTarget.OriginForm(exchange.RawTarget);
        var question = new HttpRequestMessage(new HttpMethod(policy.Method), new Uri(TemplateText.Of(policy.Url, exchange), AsWritten));
        RequestHeaders.CopyQuestion(exchange, question);
        question.SetHeader(RequestId.Header, exchange.RequestId);
        question.SetHeader("X-Original-URL", $"{exchange.Client.Scheme}://{request.Headers.Host}{target}");
        question.SetHeader("X-Original-Method", request.Method);
        question.SetHeader(SentFrom, Ourselves);
        question.SetHeader("X-Real-IP", exchange.Client.AddressText);
        question.SetHeader("X-Forwarded-For", exchange.Client.AddressText);
        question.SetHeader("X-Auth-Request-Redirect", policy.RequestRedirect is { } redirect ? TemplateText.Of(redirect, exchange) : target);
        if (policy.HasMethod)
        {
            question.SetHeader("X-Original-URI", target);
            question.SetHeader("X-Scheme", exchange.Client.Scheme);
        }

        foreach (var (name, value) in policy.RequestHeaders)
        {
            question.SetHeader(name, TemplateText.Of(value, exchange));
        }

        return question;
    }

    /// <summary>Cookies and tokens are what keys are made of; a digest is short, and no secret.</summary>
    private static string DigestOf(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private TimeSpan? LifetimeOf(AuthVerdict verdict)
    {
        // Neither yes nor no is an accident, and accidents are not kept.
        if (!verdict.IsYes && verdict.Status is not (StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden))
        {
            return null;
        }

        foreach (var lifetime in policy.CacheDurations)
        {
            if (lifetime.Status == 0 || lifetime.Status == verdict.Status)
            {
                return lifetime.Time;
            }
        }

        return null;
    }
}
