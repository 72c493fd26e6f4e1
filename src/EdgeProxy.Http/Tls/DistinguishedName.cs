using System.Formats.Asn1;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace EdgeProxy.Http.Tls;

/// <summary>
/// Names in certificates as RFC 2253 text, the way OpenSSL and nginx write them: most specific part first, no spaces, everything that is not
/// printable ASCII as <c>\XX</c>, so that the text can stand in a header and means one thing only.
/// </summary>
internal static class DistinguishedName
{
    /// <summary>Formats a name; empty when it is none.</summary>
    public static string Format(X500DistinguishedName name)
    {
        try
        {
            var parts = new List<string>();
            var sequence = new AsnReader(name.RawData, AsnEncodingRules.BER).ReadSequence();
            while (sequence.HasData)
            {
                parts.Add(Part(sequence.ReadSetOf(skipSortOrderValidation: true)));
            }

            parts.Reverse();
            return string.Join(',', parts);
        }
        catch (AsnContentException)
        {
            return "";
        }
    }

    private static string Part(AsnReader set)
    {
        var attributes = new List<string>();
        while (set.HasData)
        {
            var attribute = set.ReadSequence();
            attributes.Add($"{ShortName(attribute.ReadObjectIdentifier())}={Value(attribute)}");
        }

        return string.Join('+', attributes);
    }

    private static string ShortName(string oid) => oid switch
    {
        "2.5.4.3" => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "street",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.12" => "title",
        "2.5.4.42" => "GN",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "emailAddress",
        _ => oid,
    };

    // Certificates of the wild have characters their string type does not allow, so nothing is checked here: the bytes are escaped in any case.
    private static string Value(AsnReader attribute)
    {
        var tag = attribute.PeekTag();
        var content = attribute.PeekContentBytes().Span;
        return (tag.TagClass == TagClass.Universal ? (UniversalTagNumber)tag.TagValue : UniversalTagNumber.EndOfContents) switch
        {
            UniversalTagNumber.UTF8String => Escape(Encoding.UTF8.GetString(content)),
            UniversalTagNumber.PrintableString or UniversalTagNumber.IA5String or UniversalTagNumber.T61String => Escape(Encoding.Latin1.GetString(content)),
            UniversalTagNumber.BMPString => Escape(Encoding.BigEndianUnicode.GetString(content)),
            _ => "#" + Convert.ToHexString(attribute.PeekEncodedValue().Span),
        };
    }

    private static string Escape(string value)
    {
        var text = new StringBuilder();
        var bytes = Encoding.UTF8.GetBytes(value);
        for (var i = 0; i < bytes.Length; i++)
        {
            var c = (char)bytes[i];
            if (c is < ' ' or > '~')
            {
                text.Append(CultureInfo.InvariantCulture, $"\\{bytes[i]:X2}");
                continue;
            }

            if (c is ',' or '+' or '"' or '\\' or '<' or '>' or ';' || (c == '#' && i == 0) || (c == ' ' && (i == 0 || i == bytes.Length - 1)))
            {
                text.Append('\\');
            }

            text.Append(c);
        }

        return text.ToString();
    }
}
