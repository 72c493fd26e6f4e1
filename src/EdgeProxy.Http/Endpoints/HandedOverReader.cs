using System.Buffers;
using System.IO.Pipelines;

namespace EdgeProxy.Http.Endpoints;

/// <summary>A connection's input whose first bytes were read already by somebody else: those come first, then what the socket brings.</summary>
/// <remarks>
/// As long as some of the first bytes are not consumed, what follows is copied behind them; that is one request's head at most. From then on
/// every call goes straight to the reader behind.
/// </remarks>
internal sealed class HandedOverReader(byte[] first, PipeReader inner) : PipeReader
{
    private ReadOnlyMemory<byte> _ahead = first;
    private bool _isAllExamined;
    private bool _isCanceled;
    private bool _hasEnded;

    public override bool TryRead(out ReadResult result)
    {
        if (_ahead.IsEmpty)
        {
            return inner.TryRead(out result);
        }

        if (_isAllExamined && !_isCanceled && inner.TryRead(out var more))
        {
            Append(more);
        }

        return TryResult(out result);
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (_ahead.IsEmpty)
        {
            return await inner.ReadAsync(cancellationToken);
        }

        if (_isAllExamined && !_isCanceled)
        {
            Append(await inner.ReadAsync(cancellationToken));
        }

        TryResult(out var result);
        return result;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (_ahead.IsEmpty)
        {
            inner.AdvanceTo(consumed, examined);
            return;
        }

        var whole = new ReadOnlySequence<byte>(_ahead);
        _isAllExamined = whole.Slice(examined).IsEmpty;
        _ahead = _ahead[(int)whole.Slice(0, consumed).Length..];
    }

    public override void CancelPendingRead()
    {
        _isCanceled = !_ahead.IsEmpty;
        inner.CancelPendingRead();
    }

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    private void Append(ReadResult more)
    {
        _isCanceled |= more.IsCanceled;
        _hasEnded |= more.IsCompleted;
        _isAllExamined &= more.Buffer.IsEmpty;
        var together = new byte[_ahead.Length + (int)more.Buffer.Length];
        _ahead.CopyTo(together);
        more.Buffer.CopyTo(together.AsSpan(_ahead.Length));
        _ahead = together;
        inner.AdvanceTo(more.Buffer.End);
    }

    private bool TryResult(out ReadResult result)
    {
        var isNews = !_isAllExamined || _isCanceled || _hasEnded;
        result = new ReadResult(new ReadOnlySequence<byte>(_ahead), _isCanceled, _hasEnded);
        _isCanceled = false;
        return isNews;
    }
}

/// <summary>The two directions of such a connection.</summary>
internal sealed class HandedOverPipe(PipeReader input, PipeWriter output) : IDuplexPipe
{
    public PipeReader Input => input;

    public PipeWriter Output => output;
}
