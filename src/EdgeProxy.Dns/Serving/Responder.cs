using System.Collections.Immutable;
using EdgeProxy.Dns.Forwarding;
using EdgeProxy.Dns.Resolving;
using EdgeProxy.Dns.Wire;
using EdgeProxy.Model;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Dns.Serving;

/// <summary>From the bytes of a query to the bytes of its response, whatever they travelled in.</summary>
internal sealed class Responder(DnsServerOptions options, SnapshotPublisher snapshots, DnsCounters counters, ILogger logger, TimeProvider time)
{
    /// <summary>Room for every response.</summary>
    public const int MaxResponse = ushort.MaxValue;

    private readonly Resolver _resolver = new(options.Zone);

    /// <summary>Asks upstream servers.</summary>
    public Forwarder Upstream { get; } = new(options, logger, time);

    /// <summary>Answers what can be answered at once.</summary>
    /// <param name="message">What came.</param>
    /// <param name="byTcp">How it came.</param>
    /// <param name="response">Takes the response.</param>
    /// <param name="pending">Set when others must be asked first: continue with <see cref="CompleteAsync"/>.</param>
    /// <returns>The length of the response; 0 when there is none (yet).</returns>
    public int Respond(ReadOnlySpan<byte> message, bool byTcp, Span<byte> response, out PendingQuery? pending)
    {
        pending = null;

        // A response must never be answered: two servers would talk to each other for ever.
        if (message.Length < DnsHeader.Size || DnsHeader.Read(message) is var header && (header.Flags & DnsHeader.ResponseFlag) != 0)
        {
            counters.CountUnreadable();
            return 0;
        }

        if (header.Opcode != 0 || !DnsQuery.TryRead(message, out var query))
        {
            counters.CountUnreadable();
            var code = header.Opcode != 0 ? ResponseCode.NotImplemented : ResponseCode.FormatError;
            counters.CountResponse(code);
            return ResponseWriter.WriteHeaderOnly(response, header, code);
        }

        counters.CountQuery(query.Type);
        if (Refusal(query) is { } refusal)
        {
            return Write(query, byTcp, new Answer(refusal), response);
        }

        var answer = Resolve(query);
        if (answer is null or { MayBeForwarded: true } or { Outside: not null } && Upstream.IsConfigured)
        {
            pending = new PendingQuery(query, answer?.Outside is null ? null : answer);
            return 0;
        }

        return Write(query, byTcp, answer ?? new Answer(ResponseCode.Refused), response);
    }

    /// <summary>Answers with what upstream servers say.</summary>
    /// <param name="message">What came.</param>
    /// <param name="byTcp">How it came.</param>
    /// <param name="pending">What <see cref="Respond"/> left.</param>
    /// <param name="response">Takes the response, of up to <see cref="MaxResponse"/> bytes.</param>
    /// <param name="cancellationToken">The server stops.</param>
    /// <returns>The length of the response.</returns>
    public async Task<int> CompleteAsync(ReadOnlyMemory<byte> message, bool byTcp, PendingQuery pending, Memory<byte> response, CancellationToken cancellationToken)
    {
        counters.CountForwarded();
        var (query, alias) = pending;
        if (alias is not null)
        {
            return Write(query, byTcp, await FollowAsync(query, alias, cancellationToken), response.Span);
        }

        var length = await Upstream.ForwardAsync(message, byTcp, response, cancellationToken);
        if (length == 0)
        {
            return Fail(query, byTcp, response.Span);
        }

        counters.CountResponse(DnsHeader.Read(response.Span).Code);
        return length;
    }

    /// <summary>SERVFAIL: another server, or the same a little later, may do better.</summary>
    public int Fail(DnsQuery query, bool byTcp, Span<byte> response) => Write(query, byTcp, new Answer(ResponseCode.ServerFailure), response);

    private ResponseCode? Refusal(DnsQuery query) => query switch
    {
        { Edns.Version: > 0 } => ResponseCode.BadVersion,
        { Type: RecordType.AXFR or RecordType.IXFR } => _resolver.Owns(query.Name) ? ResponseCode.Refused : ResponseCode.NotAuthoritative,
        { Class: not DnsQuery.InternetClass } => ResponseCode.Refused,
        _ => null,
    };

    private Answer? Resolve(DnsQuery query)
    {
        // Before the first snapshot nothing true can be said of any Service, and NXDOMAIN would be believed.
        if (!snapshots.First.IsCompleted && _resolver.Owns(query.Name))
        {
            return new Answer(ResponseCode.ServerFailure);
        }

        return _resolver.Resolve(query.Name, query.Type, snapshots.Current, rotation: query.Header.Id);
    }

    /// <summary>Stub resolvers do not follow a CNAME themselves, so the addresses of an ExternalName are fetched for them.</summary>
    private async Task<Answer> FollowAsync(DnsQuery query, Answer alias, CancellationToken cancellationToken)
    {
        if (query.Type is not (RecordType.A or RecordType.AAAA))
        {
            return alias;
        }

        if (await Upstream.AskAsync(alias.Outside!, query.Type, cancellationToken) is not { } response)
        {
            return new Answer(ResponseCode.ServerFailure);
        }

        // The code is that of the last name of the chain (RFC 6604).
        var records = response.Answers.Where(record => record is AddressRecord or NameRecord { Type: RecordType.CNAME }).ToImmutableArray();
        return new Answer(response.Header.Code) { Records = [.. alias.Records, .. records] };
    }

    private int Write(DnsQuery query, bool byTcp, Answer answer, Span<byte> buffer)
    {
        var writer = new ResponseWriter(buffer, query, byTcp ? MaxResponse : ResponseWriter.UdpLimit(query.Edns));
        writer.SetFlags((answer.Authority is not null || !answer.Records.IsEmpty ? DnsHeader.AuthoritativeFlag : 0)
            | (Upstream.IsConfigured ? DnsHeader.RecursionAvailableFlag : 0));
        foreach (var record in answer.Records)
        {
            // As many as fit: there are clients that never ask by TCP, and take what they get.
            if (!writer.TryAddAnswer(record))
            {
                counters.CountTruncated();
                break;
            }
        }

        if (answer.Authority is { } soa)
        {
            writer.AddAuthority(soa);
        }

        foreach (var record in answer.Additionals)
        {
            if (!writer.TryAddAdditional(record))
            {
                break;
            }
        }

        counters.CountResponse(answer.Code);
        if (logger.IsEnabled(LogLevel.Debug))
        {
            DnsLog.Answered(logger, query.Type, query.Name, answer.Code);
        }

        return writer.Finish(answer.Code);
    }
}

/// <summary>A query that upstream servers must be asked about.</summary>
/// <param name="Query">The query.</param>
/// <param name="Alias">The CNAME that leads out of our zone; null when the whole question goes upstream.</param>
internal sealed record PendingQuery(DnsQuery Query, Answer? Alias);
