namespace EdgeProxy.Demo.Guide;

/// <summary>One line of the guide: what it is about, and what to paste.</summary>
internal readonly record struct Hint(string Label, string Command);
