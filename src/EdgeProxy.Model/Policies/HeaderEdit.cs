namespace EdgeProxy.Model.Policies;

/// <summary>One change of the header lines of a message.</summary>
/// <param name="Change">What happens.</param>
/// <param name="Name">A header name (RFC 9110 token) that does not frame the message.</param>
/// <param name="Value">Its value, without control characters; null to remove it.</param>
public sealed record HeaderEdit(HeaderChange Change, string Name, RequestTemplate? Value);

/// <summary>How a header is changed.</summary>
public enum HeaderChange
{
    /// <summary>Replaces what is there, on every answer; an empty value removes it.</summary>
    Set,

    /// <summary>A further line on every answer.</summary>
    Add,

    /// <summary>A further line on answers of status 200, 201, 204, 206, 301, 302, 303, 304, 307 and 308 (nginx's <c>add_header</c> without <c>always</c>).</summary>
    AddOnSuccess,

    /// <summary>Takes it away.</summary>
    Remove,
}
