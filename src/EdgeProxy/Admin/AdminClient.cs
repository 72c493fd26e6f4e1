using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace EdgeProxy.Admin;

/// <summary>Asks the admin port of a running process.</summary>
/// <param name="address">The port as the user wrote it, such as http://127.0.0.1:9180.</param>
/// <param name="tokenFile">File with its token; null: none is sent.</param>
internal sealed class AdminClient(string address, string? tokenFile)
{
    /// <summary>Where it is unless said otherwise.</summary>
    public const string DefaultAddress = "http://127.0.0.1:9180";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Asks once.</summary>
    /// <param name="pathAndQuery">What for.</param>
    /// <param name="read">Reads the answer.</param>
    /// <param name="errors">Told why there is none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when there is no answer.</returns>
    public async Task<T?> AskAsync<T>(string pathAndQuery, Func<string, T?> read, List<string> errors, CancellationToken cancellationToken)
        where T : class
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var server) || server.Scheme is not ("http" or "https"))
        {
            errors.Add($"--admin {address}: must be a URL such as {DefaultAddress}");
            return null;
        }

        string? mistake = null;
        var token = tokenFile is null ? null : AdminToken.Read(tokenFile, out mistake);
        if (mistake is not null)
        {
            errors.Add($"--admin-token-file {tokenFile}: {mistake}");
            return null;
        }

        using var client = new HttpClient { Timeout = Patience };
        client.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        try
        {
            using var answer = await client.GetAsync(new Uri(server, pathAndQuery), cancellationToken);
            var text = await answer.Content.ReadAsStringAsync(cancellationToken);
            if (answer.IsSuccessStatusCode)
            {
                return read(text);
            }

            errors.Add(answer.StatusCode == HttpStatusCode.Unauthorized ? $"{address}: asks for its token; give --admin-token-file" : $"{address}: {text.Trim()}");
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException or JsonException && !cancellationToken.IsCancellationRequested)
        {
            errors.Add($"{address}: {error.Message}");
        }

        return null;
    }
}
