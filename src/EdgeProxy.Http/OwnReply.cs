using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http;

/// <summary>What goes with an answer of our own beyond its <see cref="ResponseReason"/>; set by the step that answers.</summary>
internal sealed class OwnReply
{
    private HeaderDictionary? _headers;

    /// <summary>The status; 0: the reason's.</summary>
    public int Status { get; set; }

    /// <summary>Header lines, Location among them.</summary>
    public IHeaderDictionary Headers => _headers ??= [];

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        Status = 0;
        _headers?.Clear();
    }

    /// <summary>Puts them on a response.</summary>
    public void CopyTo(HttpResponse response)
    {
        if (Status != 0)
        {
            response.StatusCode = Status;
        }

        foreach (var (name, value) in _headers ?? [])
        {
            response.Headers[name] = value;
        }
    }
}
