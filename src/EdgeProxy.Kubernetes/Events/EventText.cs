using System.Security.Cryptography;
using System.Text;
using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Events;

/// <summary>Condition → Event. Pure.</summary>
internal static class EventText
{
    // events.k8s.io/v1 validation; bytes.
    private const int LongestNote = 1024;
    private const int LongestInstance = 128;
    private const int LongestName = 253;

    /// <summary>
    /// The Event's name, the same for the same condition: whoever says it again, a new leader included, finds the Event that is there instead of
    /// making another.
    /// </summary>
    public static string NameOf(EventCondition condition)
    {
        var identity = string.Join('\n', condition.Regarding.Kind, condition.Regarding.Uid, condition.Reason, condition.Note);
        var suffix = "." + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)).AsSpan(0, 8));
        var name = condition.Regarding.Name.Name;
        return name[..Math.Min(name.Length, LongestName - suffix.Length)].TrimEnd('.', '-') + suffix;
    }

    /// <summary>The Event when it is said for the first time.</summary>
    public static EventDocument Document(EventCondition condition, string controller, string instance, DateTimeOffset now) => new()
    {
        ApiVersion = "events.k8s.io/v1",
        Kind = "Event",
        Metadata = new ObjectMeta { Name = NameOf(condition), Namespace = condition.Regarding.EventNamespace },
        EventTime = now,
        ReportingController = controller,
        ReportingInstance = Cut(instance, LongestInstance),
        Action = "Serve",
        Reason = condition.Reason.ToString(),
        Type = condition.IsNormal ? "Normal" : "Warning",
        Note = Cut(condition.Note, LongestNote),
        Regarding = new EventObject
        {
            ApiVersion = condition.Regarding.ApiVersion,
            Kind = condition.Regarding.Kind,
            Namespace = condition.Regarding.Name.Namespace is { Length: > 0 } space ? space : null,
            Name = condition.Regarding.Name.Name,
            Uid = condition.Regarding.Uid,
        },
    };

    private static string Cut(string text, int bytes)
    {
        if (Encoding.UTF8.GetByteCount(text) <= bytes)
        {
            return text;
        }

        const char Ellipsis = '…';
        var kept = new StringBuilder();
        var room = bytes - Encoding.UTF8.GetByteCount([Ellipsis]);
        foreach (var rune in text.EnumerateRunes())
        {
            room -= rune.Utf8SequenceLength;
            if (room < 0)
            {
                break;
            }

            kept.Append(rune);
        }

        return kept.Append(Ellipsis).ToString();
    }
}
