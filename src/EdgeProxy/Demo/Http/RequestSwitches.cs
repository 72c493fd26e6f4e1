using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Demo.Http;

/// <summary>What the query string asks a pod to do, to try out how the proxy takes it.</summary>
/// <param name="Status"><c>?status=503</c>: the status to answer with, 200–599. Default 200.</param>
/// <param name="Delay"><c>?delay=2s</c> or <c>500ms</c>: wait before answering, at most 60 s.</param>
/// <param name="Size"><c>?size=1048576</c>: answer with a body of so many bytes, at most 1 GiB.</param>
internal readonly record struct RequestSwitches(int Status, TimeSpan Delay, long? Size)
{
    public static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(60);
    public const long MaxSize = 1L << 30;

    /// <summary>Reads the switches; false with a sentence for the client when one makes no sense.</summary>
    public static bool TryParse(IQueryCollection query, out RequestSwitches switches, out string? error)
    {
        switches = new RequestSwitches(StatusCodes.Status200OK, TimeSpan.Zero, null);
        error = null;
        if (query.TryGetValue("status", out var status))
        {
            if (!int.TryParse(status, NumberStyles.None, CultureInfo.InvariantCulture, out var code) || code is < 200 or > 599)
            {
                error = "status must be a number from 200 to 599, as in ?status=503";
                return false;
            }

            switches = switches with { Status = code };
        }

        if (query.TryGetValue("delay", out var delay))
        {
            if (!TryParseDelay(delay.ToString(), out var wait))
            {
                error = "delay must be a time up to 60 s, as in ?delay=2s or ?delay=500ms";
                return false;
            }

            switches = switches with { Delay = wait };
        }

        if (query.TryGetValue("size", out var size))
        {
            if (!long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) || bytes > MaxSize)
            {
                error = "size must be a number of bytes up to 1073741824, as in ?size=1048576";
                return false;
            }

            switches = switches with { Size = bytes };
        }

        return true;
    }

    private static bool TryParseDelay(string text, out TimeSpan delay)
    {
        var (number, secondsPerUnit) = text switch
        {
            _ when text.EndsWith("ms", StringComparison.Ordinal) => (text[..^2], 0.001),
            _ when text.EndsWith('s') => (text[..^1], 1.0),
            _ => (text, 1.0),
        };
        delay = TimeSpan.Zero;
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
            || amount * secondsPerUnit > MaxDelay.TotalSeconds)
        {
            return false;
        }

        delay = TimeSpan.FromSeconds(amount * secondsPerUnit);
        return true;
    }
}
