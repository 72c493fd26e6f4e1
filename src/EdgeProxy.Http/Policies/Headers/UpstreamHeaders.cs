namespace EdgeProxy.Http.Policies.Headers;

/// <summary>Sets headers of a request to an endpoint, whichever part of it the client library keeps them in.</summary>
internal static class UpstreamHeaders
{
    /// <summary>Replaces a header; an empty value takes it away.</summary>
    public static void SetHeader(this HttpRequestMessage upstream, string name, string value)
    {
        upstream.Headers.NonValidatedRemove(name);
        if (upstream.Content is { } body)
        {
            body.Headers.NonValidatedRemove(name);
        }

        if (value.Length > 0 && !upstream.Headers.TryAddWithoutValidation(name, value))
        {
            upstream.Content?.Headers.TryAddWithoutValidation(name, value);
        }
    }

    // Remove throws for a name that belongs to the other kind of header; there is nothing to remove then.
    private static void NonValidatedRemove(this System.Net.Http.Headers.HttpHeaders headers, string name)
    {
        if (headers.NonValidated.Contains(name))
        {
            headers.Remove(name);
        }
    }
}
