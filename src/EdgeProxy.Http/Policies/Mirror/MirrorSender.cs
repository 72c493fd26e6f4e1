using EdgeProxy.Http.Forwarding;
using EdgeProxy.Model.Policies;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace EdgeProxy.Http.Policies.Mirror;

/// <summary>
/// Sends copies of requests (annotation mirror-target) and forgets the answers. A copy never delays its request: it is left out while too many
/// are under way, or when its body is too large to be kept. Owns its connections.
/// </summary>
internal sealed class MirrorSender(HttpFrontendOptions options) : IAsyncDisposable
{
    /// <summary>Copies under way at once, those whose body is still coming included.</summary>
    private const int MaxCopies = 64;

    /// <summary>Bytes kept of a body.</summary>
    private const int MaxBody = 1024 * 1024;

    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>What a copy may take, its answer included.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>How long a stopped copy is waited for.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    private readonly HttpMessageInvoker _client = UpstreamClient.Create(options, options.ConnectTimeout, dialer: null).Invoker;
    private readonly SemaphoreSlim _slots = new(MaxCopies);
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Copies a request: now, or when its body was read.</summary>
    public void Copy(Exchange exchange, MirrorPolicy policy)
    {
        if (!_slots.Wait(0, CancellationToken.None))
        {
            return;
        }

        var target = policy.AddsRequestUri ? policy.Target + RequestTarget.OriginForm(exchange.RawTarget) : policy.Target;
        if (!Uri.TryCreate(target, AsWritten, out var uri))
        {
            _slots.Release();
            return;
        }

        var request = exchange.Http.Request;
        var hasBody = exchange.Http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is true;
        var copy = MessageOf(exchange, uri, policy.Host);
        if (hasBody && policy.CopiesBody)
        {
            var body = new MirroredBody(request.Body, MaxBody, bytes => End(copy, bytes));
            exchange.Http.Response.RegisterForDispose(body);
            request.Body = body;
        }
        else
        {
            End(copy, body: []);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        for (var i = 0; i < MaxCopies && await _slots.WaitAsync(StopLimit, CancellationToken.None); i++)
        {
            // Each slot that can be had is a copy that has ended.
        }

        _client.Dispose();
        _slots.Dispose();
        _stop.Dispose();
    }

    private static HttpRequestMessage MessageOf(Exchange exchange, Uri target, string host)
    {
        var request = exchange.Http.Request;
        var copy = new HttpRequestMessage(new HttpMethod(request.Method), target);
        RequestHeaders.Copy(exchange, copy);
        copy.Headers.Host = host;
        return copy;
    }

    /// <summary>Ends a copy: sends it, unless its body is missing. Its slot is free when it is done.</summary>
    private void End(HttpRequestMessage copy, byte[]? body) => _ = SendAsync(copy, body);

    private async Task SendAsync(HttpRequestMessage copy, byte[]? body)
    {
        // The request's own path goes on meanwhile.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            using var message = copy;
            if (body is null)
            {
                return;
            }

            if (body.Length > 0 || copy.Content is not null)
            {
                var content = new ByteArrayContent(body);
                foreach (var (name, values) in copy.Content?.Headers.NonValidated ?? default)
                {
                    if (!name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase))
                    {
                        content.Headers.TryAddWithoutValidation(name, values);
                    }
                }

                copy.Content = content;
            }

            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            deadline.CancelAfter(Limit);
            using var answer = await _client.SendAsync(copy, deadline.Token);
            await answer.Content.CopyToAsync(Stream.Null, deadline.Token);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException or InvalidOperationException or NotSupportedException)
        {
            // Nobody waits for a copy: what becomes of it is the target's business.
        }
        finally
        {
            _slots.Release();
        }
    }
}
