using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Security.Cryptography;

namespace EdgeProxy.Model.Certificates;

/// <summary>A certificate revocation list (RFC 5280 §5). Its signature is not verified: it comes from the Secret that also says whom to trust.</summary>
public sealed class RevocationList
{
    private readonly ReadOnlyMemory<byte> _issuer;
    private readonly FrozenSet<string> _serials;
    private readonly DateTimeOffset? _nextUpdate;

    private RevocationList(ReadOnlyMemory<byte> issuer, FrozenSet<string> serials, DateTimeOffset? nextUpdate)
    {
        _issuer = issuer;
        _serials = serials;
        _nextUpdate = nextUpdate;
    }

    /// <summary>All lists of a PEM text.</summary>
    /// <exception cref="CryptographicException">There is none, or one cannot be read.</exception>
    public static ImmutableArray<RevocationList> ReadPem(string text)
    {
        var lists = ImmutableArray.CreateBuilder<RevocationList>();
        var rest = text.AsSpan();
        while (PemEncoding.TryFind(rest, out var fields))
        {
            if (rest[fields.Label].SequenceEqual("X509 CRL"))
            {
                lists.Add(Read(Convert.FromBase64String(rest[fields.Base64Data].ToString())));
            }

            rest = rest[fields.Location.End..];
        }

        return lists.Count > 0 ? lists.ToImmutable() : throw new CryptographicException("There is no CRL.");
    }

    /// <summary>True when it is the list of this signer (DER of its subject).</summary>
    public bool IsOf(ReadOnlySpan<byte> issuer) => _issuer.Span.SequenceEqual(issuer);

    /// <summary>True once its successor was due.</summary>
    public bool IsStale(DateTimeOffset now) => _nextUpdate < now;

    /// <summary>True when the certificate with this serial number was revoked.</summary>
    /// <param name="serial">Big-endian, as in the certificate.</param>
    public bool Revokes(ReadOnlySpan<byte> serial) => _serials.Contains(Convert.ToHexString(serial));

    private static RevocationList Read(ReadOnlyMemory<byte> der)
    {
        try
        {
            // CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signatureValue }
            var list = new AsnReader(der, AsnEncodingRules.DER).ReadSequence().ReadSequence();
            if (list.PeekTag().HasSameClassAndValue(Asn1Tag.Integer))
            {
                list.ReadInteger(); // version
            }

            list.ReadSequence(); // signature algorithm
            var issuer = list.ReadEncodedValue();
            ReadTime(list);
            var nextUpdate = list.HasData && IsTime(list) ? ReadTime(list) : (DateTimeOffset?)null;
            var serials = new HashSet<string>(StringComparer.Ordinal);
            if (list.HasData && list.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
            {
                var revoked = list.ReadSequence();
                while (revoked.HasData)
                {
                    serials.Add(Convert.ToHexString(revoked.ReadSequence().ReadIntegerBytes().Span));
                }
            }

            return new RevocationList(issuer, serials.ToFrozenSet(StringComparer.Ordinal), nextUpdate);
        }
        catch (AsnContentException error)
        {
            throw new CryptographicException("The CRL cannot be read.", error);
        }
    }

    private static bool IsTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) || reader.PeekTag().HasSameClassAndValue(Asn1Tag.GeneralizedTime);

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();
}
