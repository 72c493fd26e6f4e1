namespace EdgeProxy.Http.FastLane;

/// <summary>What was made of the bytes of a head.</summary>
internal enum HeadVerdict
{
    /// <summary>Its end is not there yet.</summary>
    Incomplete,

    /// <summary>It is whole, and nothing about it is unusual.</summary>
    Plain,

    /// <summary>Of a request: not for the fast lane, which is no judgement. Of an answer: it is not HTTP.</summary>
    Other,
}
