using System.Globalization;
using System.Text;
using EdgeProxy.Http.Forwarding;
using EdgeProxy.Model;
using EdgeProxy.Model.Policies;
using EdgeProxy.Model.Scheduling;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http.Policies.Affinity;

/// <summary>One request's binding to an endpoint by cookie: which endpoint the client has, and the cookie it gets when that changes.</summary>
internal sealed class AffinityBinding
{
    /// <summary>Ids drawn to find one that leads to a given endpoint. With many endpoints none may be found; the last then leads to another that works.</summary>
    private const int MaxDraws = 50;

    private readonly AffinityPolicy _policy;
    private readonly AffinityCookies _cookies;
    private readonly Exchange _exchange;
    private readonly ServicePort _port;
    private readonly Backend? _bound;
    private readonly string? _newId;

    private AffinityBinding(Exchange exchange, ServicePort port, AffinityPolicy policy, AffinityCookies cookies)
    {
        (_exchange, _port, _policy, _cookies) = (exchange, port, policy, cookies);
        var isKnown = cookies.TryRead(CookieHeader.Find(exchange.Http.Request.Headers.Cookie, policy.CookieName), out var ticket);

        // A header or a cookie of the canary's may send a client to the other side for a while. Its own cookie stays what it is.
        if (!policy.IsPersistent || (isKnown && ticket.IsCanary != exchange.IsCanary))
        {
            _newId = isKnown ? null : AffinityCookies.NewId();
            Wish = WishFor(_newId ?? ticket.Id);
            return;
        }

        _bound = isKnown ? EndpointOf(ticket.Id) : null;
        IsNew = _bound is null;
        Wish = new EndpointWish(_bound, Key: null);
    }

    /// <summary>Which endpoint it should be.</summary>
    public EndpointWish Wish { get; }

    private bool IsNew { get; }

    /// <summary>Reads the request's cookie; null when the route binds nobody.</summary>
    public static AffinityBinding? For(Exchange exchange, ServicePort port, AffinityCookies cookies) =>
        exchange.Forwarding is { Affinity: { } policy, Upstream.IsService: false } ? new AffinityBinding(exchange, port, policy, cookies) : null;

    /// <summary>Gives the client its cookie, if it needs one: its first, one for an endpoint that is gone, or one that failed.</summary>
    public void Bind(Backend served, HttpResponse response, DateTimeOffset now)
    {
        var hasFailed = _policy.ChangesOnFailure && _exchange.Tries > 1;
        var id = _policy.IsPersistent && (IsNew || _bound is not null)
            ? (IsNew || (_policy.ChangesOnFailure && served != _bound) ? _cookies.IdOf(served) : null)
            : (hasFailed ? IdLeadingTo(served) : _newId);
        if (id is not null)
        {
            response.Headers.Append("Set-Cookie", Cookie(_cookies.Write(new AffinityTicket(_exchange.IsCanary, id)), now));
        }
    }

    private static EndpointWish WishFor(string id) => new(Bound: null, EndpointWish.KeyOf(Encoding.UTF8.GetBytes(id)));

    private Backend? EndpointOf(string id)
    {
        foreach (var backend in _port.HttpScheduler.Candidates)
        {
            if (string.Equals(_cookies.IdOf(backend), id, StringComparison.Ordinal))
            {
                return backend;
            }
        }

        return null;
    }

    /// <summary>Balanced ids are hashed, so one that leads to an endpoint is found by drawing.</summary>
    private string IdLeadingTo(Backend served)
    {
        var id = AffinityCookies.NewId();
        for (var i = 0; i < MaxDraws && _port.Pick(_port.HttpScheduler, WishFor(id), default, default, default) != served; i++)
        {
            id = AffinityCookies.NewId();
        }

        return id;
    }

    private string Cookie(string value, DateTimeOffset now)
    {
        var route = _exchange.Route!.Path;
        var text = new StringBuilder(_policy.CookieName).Append('=').Append(value);
        if (_policy.Expires is { } expires)
        {
            text.Append("; Expires=").Append((now + expires).ToString("R", CultureInfo.InvariantCulture));
        }

        if (_policy.MaxAge is { } age)
        {
            text.Append("; Max-Age=").Append(((long)age.TotalSeconds).ToString(CultureInfo.InvariantCulture));
        }

        if (_policy.Domain is { } domain)
        {
            text.Append("; Domain=").Append(domain);
        }

        text.Append("; Path=").Append(_policy.Path ?? (route.Length == 0 ? "/" : route));
        if (_policy.IsAlwaysSecure || _exchange.Client.IsHttps)
        {
            text.Append("; Secure");
        }

        text.Append("; HttpOnly");
        if (_policy.SameSite is { } site && !(site == "None" && _policy.SparesOldBrowsers && TakesNoneForStrict(_exchange.Http.Request.Headers.UserAgent.ToString())))
        {
            text.Append("; SameSite=").Append(site);
        }

        return text.ToString();
    }

    /// <summary>Chrome 40–69, iOS 12, and Safari on macOS 10.14; the list is ingress-nginx's (same_site.lua).</summary>
    private static bool TakesNoneForStrict(string agent)
    {
        bool Has(string part) => agent.Contains(part, StringComparison.Ordinal);
        return Has("Chrome/4") || Has("Chrome/5") || Has("Chrome/6")
            || Has("CPU iPhone OS 12") || Has("iPad; CPU OS 12")
            || (Has("Macintosh") && Has("Intel Mac OS X 10_14") && Has("Safari") && !Has("Chrome"));
    }
}
