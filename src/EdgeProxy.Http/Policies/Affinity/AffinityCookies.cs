using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using EdgeProxy.Model;

namespace EdgeProxy.Http.Policies.Affinity;

/// <summary>
/// Makes and reads the values of affinity cookies: a side, an id, and a signature over both. The id is random, or a keyed digest of an endpoint's
/// address; nothing in it tells the address, and a client cannot make one.
/// </summary>
internal sealed class AffinityCookies
{
    private const int DigestLength = 16;
    private const int TextLength = 22; // of 16 bytes in base64url

    private readonly byte[] _key;

    // A digest for each request would cost more than the request's routing.
    private readonly ConditionalWeakTable<Backend, string> _idOfEndpoint = [];

    /// <param name="secret">Replicas with the same secret honour each other's cookies; null: one of this process only.</param>
    public AffinityCookies(string? secret) => _key = secret is null ? RandomNumberGenerator.GetBytes(32) : SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>An id that is nobody's yet.</summary>
    public static string NewId() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(DigestLength));

    /// <summary>The id of an endpoint.</summary>
    public string IdOf(Backend backend) => _idOfEndpoint.GetValue(backend, endpoint => Digest("endpoint " + endpoint.Address));

    /// <summary>The cookie's value.</summary>
    public string Write(AffinityTicket ticket)
    {
        var body = (ticket.IsCanary ? "c" : "m") + ticket.Id;
        return body + Digest(body);
    }

    /// <summary>False for what was not written with this key: another controller's, another process's, a made-up one.</summary>
    public bool TryRead(string? value, out AffinityTicket ticket)
    {
        ticket = default;
        if (value is not { Length: 1 + (2 * TextLength) } || value[0] is not ('c' or 'm'))
        {
            return false;
        }

        var body = value[..(1 + TextLength)];
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Digest(body)), Encoding.UTF8.GetBytes(value[(1 + TextLength)..])))
        {
            return false;
        }

        ticket = new AffinityTicket(body[0] == 'c', body[1..]);
        return true;
    }

    private string Digest(string text) => Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(text)).AsSpan(0, DigestLength));
}

/// <summary>What an affinity cookie says.</summary>
/// <param name="IsCanary">The side it was given on.</param>
/// <param name="Id">Of a client or of an endpoint, by the mode.</param>
internal readonly record struct AffinityTicket(bool IsCanary, string Id);
