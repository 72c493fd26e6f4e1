using EdgeProxy.Http.Policies.Canary;
using EdgeProxy.Model;
using EdgeProxy.Model.Routing;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http.Explain;

/// <summary>Which side of a canary a request gets, and why, as far as that is not a matter of chance.</summary>
internal static class CanaryExplainer
{
    /// <summary>Explains.</summary>
    /// <param name="snapshot">What is served.</param>
    /// <param name="canary">The chosen route's.</param>
    /// <param name="main">The chosen route's Service port.</param>
    /// <param name="headers">The request's.</param>
    /// <returns>The canary's Service port when it is certain to get the request, else null; and one sentence.</returns>
    public static (ServicePort? Port, string Why) Explain(
        ProxySnapshot snapshot, CanaryRoute canary, ServicePort main, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        if (snapshot.Find(canary.Backend) is not { HttpScheduler.Candidates.IsEmpty: false } port)
        {
            return (null, "a canary without endpoints: the main route has its requests");
        }

        if (main.HttpScheduler.Candidates.IsEmpty)
        {
            return (null, "a canary: it does not stand in for a main route without endpoints");
        }

        var policy = canary.Policy;
        var asked = new HeaderDictionary();
        foreach (var (name, value) in headers)
        {
            asked.Append(name, value);
        }

        return CanaryChoice.Asked(policy, asked) switch
        {
            true => (port, "a canary: a header or cookie of the request asks for it"),
            false => (null, "a canary: a header or cookie of the request asks for the main route"),
            null when policy.Weight >= policy.WeightTotal => (port, "a canary: it gets all requests that ask for neither side"),
            null when policy.Weight == 0 => (null, "a canary: nothing in the request asks for it"),
            null => (null, $"a canary: by chance it gets {policy.Weight} of {policy.WeightTotal} requests that ask for neither side"),
        };
    }
}
