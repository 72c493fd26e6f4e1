using System.Globalization;
using EdgeProxy.Model;

namespace EdgeProxy.Http.Tests.Support;

/// <summary>Endpoints that answer with their number.</summary>
internal sealed class Farm : IAsyncDisposable
{
    private readonly List<RawBackend> _backends;

    private Farm(List<RawBackend> backends) => _backends = backends;

    public EndpointAddress[] Addresses => [.. _backends.Select(backend => backend.Address)];

    /// <summary>Starts <paramref name="count"/> of them; their answers are prefix and number.</summary>
    public static Farm Start(int count, string prefix = "") => new(
        [.. Enumerable.Range(0, count).Select(i =>
        {
            var body = prefix + i.ToString(CultureInfo.InvariantCulture);
            return RawBackend.Answering($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        })]);

    public async ValueTask DisposeAsync()
    {
        foreach (var backend in _backends)
        {
            await backend.DisposeAsync();
        }
    }
}
