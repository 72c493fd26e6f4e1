namespace EdgeProxy.Transport.Loops;

/// <summary>Timers of one loop by deadline: a binary heap that knows each timer's place, so starting, moving and stopping cost O(log n).</summary>
/// <remarks>
/// A wheel would be O(1) but coarse; deadlines here are exact, and most timers are set far in the future and stay near the heap's bottom.
/// Idle timeouts do not come here per message: they compare a stamp when they fire.
/// </remarks>
internal sealed class TimerQueue
{
    private LoopTimer[] _heap = new LoopTimer[64];
    private int _count;

    public TimeSpan? NextDeadline => _count > 0 ? _heap[0].Deadline : null;

    public void Set(LoopTimer timer, TimeSpan deadline)
    {
        if (timer.QueueIndex == LoopTimer.NotQueued)
        {
            if (_count == _heap.Length)
            {
                Array.Resize(ref _heap, _heap.Length * 2);
            }

            timer.QueueIndex = _count;
            _heap[_count++] = timer;
        }

        timer.Deadline = deadline;
        SiftDown(timer, SiftUp(timer, timer.QueueIndex));
    }

    public void Remove(LoopTimer timer)
    {
        var hole = timer.QueueIndex;
        if (hole == LoopTimer.NotQueued)
        {
            return;
        }

        timer.QueueIndex = LoopTimer.NotQueued;
        var last = _heap[--_count];
        _heap[_count] = null!; // beyond _count nothing is read
        if (last != timer)
        {
            SiftDown(last, SiftUp(last, hole));
        }
    }

    /// <summary>Takes the earliest timer out if its deadline has come.</summary>
    public LoopTimer? TakeDue(TimeSpan now)
    {
        if (_count == 0 || _heap[0].Deadline > now)
        {
            return null;
        }

        var due = _heap[0];
        Remove(due);
        return due;
    }

    private int SiftUp(LoopTimer timer, int index)
    {
        while (index > 0)
        {
            var parent = (index - 1) / 2;
            if (_heap[parent].Deadline <= timer.Deadline)
            {
                break;
            }

            Place(_heap[parent], index);
            index = parent;
        }

        Place(timer, index);
        return index;
    }

    private void SiftDown(LoopTimer timer, int index)
    {
        while (true)
        {
            var child = (2 * index) + 1;
            if (child >= _count)
            {
                break;
            }

            if (child + 1 < _count && _heap[child + 1].Deadline < _heap[child].Deadline)
            {
                child++;
            }

            if (_heap[child].Deadline >= timer.Deadline)
            {
                break;
            }

            Place(_heap[child], index);
            index = child;
        }

        Place(timer, index);
    }

    private void Place(LoopTimer timer, int index)
    {
        _heap[index] = timer;
        timer.QueueIndex = index;
    }
}
