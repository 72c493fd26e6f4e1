using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Http.Policies.BasicAuth;

/// <summary>
/// Compares passwords with their hashes. What was right is remembered, so that a page of fifty pictures does not cost fifty times bcrypt; what was
/// wrong is not, and costs its time again.
/// </summary>
/// <remarks>
/// Remembered is a digest under a key that exists in this process alone, never a password. A changed hash is another digest. Slow hashes run on half
/// of the cores at most, so that guessing passwords does not stop the proxy.
/// </remarks>
internal sealed class PasswordChecker : IDisposable
{
    private const int Remembered = 4096;
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly RecentSet<UInt128> _right = new(Remembered);
    private readonly SemaphoreSlim _slow = new(Math.Max(1, Environment.ProcessorCount / 2));
    private long _slowChecks;

    /// <summary>How many slow hashes were computed so far.</summary>
    public long SlowChecks => Interlocked.Read(ref _slowChecks);

    /// <summary>True when it is the password.</summary>
    public ValueTask<bool> IsRightAsync(string user, byte[] password, PasswordHash hash, CancellationToken cancellationToken)
    {
        if (!hash.IsSlow)
        {
            return ValueTask.FromResult(PasswordVerifier.Verify(password, hash));
        }

        var digest = Digest(user, password, hash);
        return _right.Contains(digest) ? ValueTask.FromResult(true) : CheckSlowAsync(digest, password, hash, cancellationToken);
    }

    /// <inheritdoc />
    public void Dispose() => _slow.Dispose();

    private async ValueTask<bool> CheckSlowAsync(UInt128 digest, byte[] password, PasswordHash hash, CancellationToken cancellationToken)
    {
        await _slow.WaitAsync(cancellationToken);
        try
        {
            Interlocked.Increment(ref _slowChecks);
            var right = await Task.Run(() => PasswordVerifier.Verify(password, hash), cancellationToken);
            if (right)
            {
                _right.Add(digest);
            }

            return right;
        }
        finally
        {
            _slow.Release();
        }
    }

    // 128 bits of HMAC-SHA-256; each part after its length, so that no two triples read alike.
    private UInt128 Digest(string user, byte[] password, PasswordHash hash)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        Append(hmac, Encoding.UTF8.GetBytes(user));
        Append(hmac, password);
        Append(hmac, Encoding.UTF8.GetBytes(hash.Text));
        Span<byte> digest = stackalloc byte[32];
        hmac.GetHashAndReset(digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }

    private static void Append(IncrementalHash hmac, ReadOnlySpan<byte> part)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
        hmac.AppendData(length);
        hmac.AppendData(part);
    }
}
