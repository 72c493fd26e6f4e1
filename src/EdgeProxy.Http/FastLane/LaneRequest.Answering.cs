using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using EdgeProxy.Transport.Tcp;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace EdgeProxy.Http.FastLane;

/// <content>
/// 4. The answer: its head is read until it is whole, then head and body go to the client as they come. While the client does not take what it was
/// sent, nothing is read from the endpoint.
/// </content>
internal sealed partial class LaneRequest
{
    // 256 KiB: bulk is not dominated by turns, and the loop's other connections wait for tens of microseconds.
    private const int ReadsPerTurn = 4;

    private bool _isAnswered;
    private bool _isLast;
    private ResponseReason _outcome = ResponseReason.Forwarded;

    // Something came in answer.
    private bool _isHeard;

    // The beginning of a head whose end has not come.
    private byte[] _kept = [];
    private int _keptCount;

    private BodyFraming _framing;
    private bool _isChunkedOut;
    private bool _keepsUpstream;
    private bool _isBodyOver;
    private long _left;
    private ChunkDecoder _chunks;

    /// <summary>The status of the endpoint's answer; 0: there was none.</summary>
    public int UpstreamStatus { get; private set; }

    /// <summary>From sending the request to the head of the answer.</summary>
    public TimeSpan UpstreamTime { get; private set; }

    /// <summary>Bytes of the answer's body: those that were passed on, or its length where that was known before.</summary>
    public long BodyBytesSent { get; private set; }

    private void ReadAnswer()
    {
        for (var reads = 0; CanRead(); reads++)
        {
            if (reads == ReadsPerTurn)
            {
                _upstream!.Socket.ReadyAgain();
                return;
            }

            if (UpstreamStatus == 0)
            {
                ReadHead();
            }
            else
            {
                ReadBody();
            }
        }
    }

    private bool CanRead() => !_isOver && !_isConnecting && !_isAnswered && !_connection.HasPending && _upstream is { Socket.IsReadable: true };

    private void ReadHead()
    {
        if (_keptCount == 0)
        {
            var input = _lane.Input.AsSpan(LaneLoop.Margin, LaneLoop.ReadSize);
            var count = _upstream!.Socket.Receive(input);
            if (HeadCame(count))
            {
                TakeHead(input[..count]);
            }

            return;
        }

        if (_keptCount == _kept.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(_kept.Length * 2);
            _kept.AsSpan(0, _keptCount).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_kept);
            _kept = larger;
        }

        var more = _upstream!.Socket.Receive(_kept.AsSpan(_keptCount));
        if (HeadCame(more))
        {
            _keptCount += more;
            TakeHead(_kept.AsSpan(0, _keptCount));
        }
    }

    private bool HeadCame(int count)
    {
        if (count > 0)
        {
            _lastActive = _lane.Loop.Now;
            _isHeard = true;
            return true;
        }

        if (count != LoopSocket.Again)
        {
            OnUpstreamEnded();
        }

        return false;
    }

    private void TakeHead(Span<byte> bytes)
    {
        var head = _lane.Answer;
        var verdict = head.Parse(bytes, _method);
        while (verdict == HeadVerdict.Plain && head.Status < 200 && head.Status != StatusCodes.Status101SwitchingProtocols)
        {
            // RFC 9110 §15.2: an answer that is not the last; nobody asked for it.
            bytes = bytes[head.Length..];
            verdict = bytes.IsEmpty ? HeadVerdict.Incomplete : head.Parse(bytes, _method);
        }

        if (verdict == HeadVerdict.Incomplete)
        {
            Keep(bytes);
        }
        else if (verdict == HeadVerdict.Other || head.Status == StatusCodes.Status101SwitchingProtocols)
        {
            Fail(ResponseReason.UpstreamInvalid);
        }
        else
        {
            BeginAnswer(head, bytes);
        }
    }

    /// <summary>Keeps the beginning of a head, which may be a part of what is kept.</summary>
    private void Keep(ReadOnlySpan<byte> bytes)
    {
        const int FirstKept = 4 * 1024;
        if (bytes.Length > _kept.Length)
        {
            DropKept();
            _kept = ArrayPool<byte>.Shared.Rent(Math.Max(bytes.Length, FirstKept));
        }

        bytes.CopyTo(_kept);
        _keptCount = bytes.Length;
    }

    private void DropKept()
    {
        if (_kept.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_kept);
            _kept = [];
        }

        _keptCount = 0;
    }

    private void BeginAnswer(AnswerHead head, Span<byte> bytes)
    {
        UpstreamTime = _lane.Time.GetElapsedTime(_sentAt);
        UpstreamStatus = head.Status;
        ServicePort.ReportConnected(Backend!, UpstreamTime); // it has answered
        if (_tries.Rejects(head.Status))
        {
            // Nothing of it is passed on.
            EndTry(ResponseReason.Forwarded);
            UpstreamStatus = 0;
            Send();
            return;
        }

        _framing = head.Framing;
        _isChunkedOut = _framing is BodyFraming.Chunked or BodyFraming.UntilClose;
        _keepsUpstream = head.KeepsConnection;
        _left = _framing == BodyFraming.Length ? head.ContentLength : 0;
        BodyBytesSent = Math.Max(head.ContentLength, 0);
        if (_isChunkedOut)
        {
            BodyBytesSent = 0;
        }

        _isLast = _wantsClose || _lane.IsLeaving;

        var to = new ByteWriter(_lane.Output);
        WriteStatus(ref to, head, bytes[head.Phrase]);
        head.Lines.WriteTo(ref to, bytes);
        if (!head.HasDate)
        {
            to.Write(_lane.Date);
        }

        if (_isChunkedOut)
        {
            to.Write("Transfer-Encoding: chunked\r\n"u8);
        }

        if (_isLast)
        {
            to.Write("Connection: close\r\n"u8);
        }

        to.Write("\r\n"u8);
        var body = bytes[head.Length..];
        if (!TakeBody(body, out var start, out var count))
        {
            // The client is told nothing of it yet, and there may be another endpoint.
            UpstreamStatus = 0;
            Fail(ResponseReason.UpstreamInvalid);
            return;
        }

        WriteFramed(ref to, body.Slice(start, count));
        DropKept();
        Pass(_lane.Output.AsSpan(0, to.Length));
    }

    private static void WriteStatus(ref ByteWriter to, AnswerHead head, ReadOnlySpan<byte> phrase)
    {
        to.Write("HTTP/1.1 "u8);
        to.Write([(byte)('0' + (head.Status / 100)), (byte)('0' + (head.Status / 10 % 10)), (byte)('0' + (head.Status % 10)), (byte)' ']);
        if (phrase.IsEmpty)
        {
            to.Write(ReasonPhrases.GetReasonPhrase(head.Status));
        }

        to.WriteLine(phrase, default);
    }

    private void ReadBody()
    {
        var received = _upstream!.Socket.Receive(_lane.Input.AsSpan(LaneLoop.Margin, LaneLoop.ReadSize));
        if (received == LoopSocket.Again)
        {
            return;
        }

        if (received == 0 && _framing == BodyFraming.UntilClose)
        {
            _isBodyOver = true;
            Pass("0\r\n\r\n"u8);
            return;
        }

        if (received <= 0)
        {
            Cut(ResponseReason.UpstreamReset);
            return;
        }

        _lastActive = _lane.Loop.Now;
        if (!TakeBody(_lane.Input.AsSpan(LaneLoop.Margin, received), out var start, out var count))
        {
            Cut(ResponseReason.UpstreamReset);
            return;
        }

        var bytes = FrameInPlace(LaneLoop.Margin + start, count);
        if (!bytes.IsEmpty)
        {
            Pass(bytes);
        }
    }

    /// <summary>Finds the body's bytes among those that came, and its end; false for what is no body of its framing.</summary>
    private bool TakeBody(Span<byte> bytes, out int start, out int count)
    {
        start = 0;
        count = bytes.Length;
        var taken = bytes.Length;
        switch (_framing)
        {
            case BodyFraming.UntilClose:
                break;
            case BodyFraming.Chunked:
                taken = _chunks.Decode(bytes, out start, out count);
                _isBodyOver = _chunks.IsComplete;
                break;
            default:
                taken = count = (int)Math.Min(_left, bytes.Length);
                _left -= count;
                _isBodyOver = _left == 0;
                break;
        }

        if (_isChunkedOut)
        {
            BodyBytesSent += count;
        }

        // Bytes behind the answer: nobody knows whose they are.
        _keepsUpstream &= taken == bytes.Length;
        return !_chunks.IsInvalid;
    }

    private void WriteFramed(ref ByteWriter to, ReadOnlySpan<byte> body)
    {
        if (!_isChunkedOut)
        {
            to.Write(body);
            return;
        }

        if (!body.IsEmpty)
        {
            Span<byte> size = stackalloc byte[LaneLoop.Margin];
            to.Write(size[..WriteSize(size, body.Length)]);
            to.Write(body);
            to.Write("\r\n"u8);
        }

        if (_isBodyOver)
        {
            to.Write("0\r\n\r\n"u8);
        }
    }

    /// <summary>The same around bytes in the loop's input, which has room for it on either side.</summary>
    private ReadOnlySpan<byte> FrameInPlace(int start, int count)
    {
        var input = _lane.Input.AsSpan();
        var end = start + count;
        if (!_isChunkedOut)
        {
            return input[start..end];
        }

        if (count > 0)
        {
            Span<byte> size = stackalloc byte[LaneLoop.Margin];
            size = size[..WriteSize(size, count)];
            start -= size.Length;
            size.CopyTo(input[start..]);
            "\r\n"u8.CopyTo(input[end..]);
            end += 2;
        }

        if (_isBodyOver)
        {
            "0\r\n\r\n"u8.CopyTo(input[end..]);
            end += 5;
        }

        return input[start..end];
    }

    private static int WriteSize(Span<byte> to, int size)
    {
        Utf8Formatter.TryFormat(size, to, out var digits, new StandardFormat('x'));
        "\r\n"u8.CopyTo(to[digits..]);
        return digits + 2;
    }

    private void Pass(ReadOnlySpan<byte> bytes)
    {
        var isTaken = _connection.Send(bytes);
        if (!isTaken && _connection.IsBroken)
        {
            Cut(ResponseReason.ClientGone);
            return;
        }

        if (_isBodyOver || _framing == BodyFraming.None)
        {
            FinishUpstream();
            if (isTaken)
            {
                Complete();
            }
        }
    }

    /// <summary>The whole answer is here; the client may still have to take some of it.</summary>
    private void FinishUpstream()
    {
        _isAnswered = true;
        if (_keepsUpstream && _sent == _length && _upstream is { } upstream)
        {
            _upstream = null;
            _lane.Upstreams.Return(upstream);
        }

        EndTry(ResponseReason.Forwarded);
    }

    /// <summary>An answer of our own, as <see cref="Endpoints.OwnAnswer"/> gives it.</summary>
    private void Answer(ResponseReason reason)
    {
        var status = reason.Status();
        var body = reason.Body();
        BodyBytesSent = body?.Length ?? 0;
        _isLast = _wantsClose || _lane.IsLeaving;
        _isAnswered = true;
        _outcome = reason;

        var to = new ByteWriter(_lane.Output);
        to.Write(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} {ReasonPhrases.GetReasonPhrase(status)}\r\nContent-Length: {BodyBytesSent}\r\n"));
        to.Write("Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n"u8);
        to.Write(_lane.Date);
        if (_isLast)
        {
            to.Write("Connection: close\r\n"u8);
        }

        to.Write("\r\n"u8);
        if (!HttpMethods.IsHead(_method))
        {
            to.Write(body);
        }

        if (_connection.Send(_lane.Output.AsSpan(0, to.Length)))
        {
            Complete();
        }
        else if (_connection.IsBroken)
        {
            Cut(ResponseReason.ClientGone);
        }
    }
}
