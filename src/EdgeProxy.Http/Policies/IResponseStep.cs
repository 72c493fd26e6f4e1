using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http.Policies;

/// <summary>One thing a route asks of every answer, be it an endpoint's or our own. Shared by all requests of the route.</summary>
internal interface IResponseStep
{
    /// <summary>Changes the head of the answer, before anything of it is sent.</summary>
    void Apply(Exchange exchange, HttpResponse response);
}
