using System.Text.Json;

namespace EdgeProxy.Admin;

/// <summary>Asks the admin port of a running process.</summary>
internal static class AdminClient
{
    /// <summary>Where it is unless said otherwise.</summary>
    public const string DefaultAddress = "http://127.0.0.1:9180";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Asks once.</summary>
    /// <param name="admin">The port as the user wrote it, such as http://127.0.0.1:9180.</param>
    /// <param name="pathAndQuery">What for.</param>
    /// <param name="read">Reads the answer.</param>
    /// <param name="errors">Told why there is none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when there is no answer.</returns>
    public static async Task<T?> AskAsync<T>(string admin, string pathAndQuery, Func<string, T?> read, List<string> errors, CancellationToken cancellationToken)
        where T : class
    {
        if (!Uri.TryCreate(admin, UriKind.Absolute, out var server) || server.Scheme is not ("http" or "https"))
        {
            errors.Add($"--admin {admin}: must be a URL such as {DefaultAddress}");
            return null;
        }

        using var client = new HttpClient { Timeout = Patience };
        try
        {
            using var answer = await client.GetAsync(new Uri(server, pathAndQuery), cancellationToken);
            var text = await answer.Content.ReadAsStringAsync(cancellationToken);
            if (answer.IsSuccessStatusCode)
            {
                return read(text);
            }

            errors.Add($"{admin}: {text.Trim()}");
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException or JsonException && !cancellationToken.IsCancellationRequested)
        {
            errors.Add($"{admin}: {error.Message}");
        }

        return null;
    }
}
