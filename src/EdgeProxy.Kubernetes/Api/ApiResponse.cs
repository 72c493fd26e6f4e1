using System.Globalization;
using System.Text.Json;

namespace EdgeProxy.Kubernetes.Api;

/// <summary>An answer of the API server. Owns the body's stream; dispose it to give the HTTP/2 stream back.</summary>
public sealed class ApiResponse : IDisposable
{
    private const int LongestStatus = 64 * 1024;

    private readonly HttpResponseMessage _message;
    private readonly ApiRequest _request;

    private ApiResponse(HttpResponseMessage message, Stream body, ApiRequest request)
    {
        _message = message;
        _request = request;
        Body = body;
    }

    /// <summary>The HTTP status.</summary>
    public int Status => (int)_message.StatusCode;

    /// <summary>True for 2xx.</summary>
    public bool IsSuccess => _message.IsSuccessStatusCode;

    /// <summary>The body as it comes in; already read, and so empty, when <see cref="IsSuccess"/> is false.</summary>
    public Stream Body { get; }

    /// <summary>How long the server asks to be left alone (<c>Retry-After</c>, seconds).</summary>
    public TimeSpan? RetryAfter { get; private set; }

    /// <summary>The reason word of the metav1.Status of a failure, such as <c>Forbidden</c>.</summary>
    public string? Reason { get; private set; }

    /// <summary>The message of the metav1.Status of a failure.</summary>
    public string? Message { get; private set; }

    /// <summary>The rest of the body in one piece; for small answers.</summary>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        await Body.CopyToAsync(buffer, cancellationToken);
        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    /// <summary>Nothing for 2xx.</summary>
    /// <exception cref="ApiException">The server said no.</exception>
    public void EnsureSuccess()
    {
        if (!IsSuccess)
        {
            throw new ApiException(
                Status, Reason ?? _message.StatusCode.ToString(), Message ?? $"the API server answered {Status}", _request.Method.Method, PathOf(_request))
            {
                RetryAfter = RetryAfter,
            };
        }
    }

    /// <inheritdoc />
    public void Dispose() => _message.Dispose();

    /// <summary>The path without its query, for messages.</summary>
    internal static string PathOf(ApiRequest request) => request.Path.Split('?', 2)[0];

    internal static async Task<ApiResponse> ReadHeadAsync(HttpResponseMessage message, ApiRequest request, CancellationToken cancellationToken)
    {
        var body = await message.Content.ReadAsStreamAsync(cancellationToken);
        var response = new ApiResponse(message, body, request);
        if (!response.IsSuccess)
        {
            await response.ReadStatusAsync(cancellationToken);
        }

        return response;
    }

    private async Task ReadStatusAsync(CancellationToken cancellationToken)
    {
        if (_message.Headers.TryGetValues("Retry-After", out var values)
            && int.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
        {
            RetryAfter = TimeSpan.FromSeconds(seconds);
        }

        var text = new byte[LongestStatus];
        var length = await Body.ReadAtLeastAsync(text, text.Length, throwOnEndOfStream: false, cancellationToken);
        try
        {
            var status = JsonSerializer.Deserialize(text.AsSpan(0, length), ApiJson.Default.StatusDocument);
            Reason = string.IsNullOrEmpty(status?.Reason) ? null : status.Reason;
            Message = string.IsNullOrEmpty(status?.Message) ? null : status.Message;
        }
        catch (JsonException)
        {
            // Whoever stands in front of the API server need not speak its language; the status code is all there is then.
        }
    }
}
