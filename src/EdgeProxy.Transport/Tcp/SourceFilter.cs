using System.Collections.Immutable;
using System.Globalization;
using EdgeProxy.Transport.Interop;

namespace EdgeProxy.Transport.Tcp;

/// <summary>One range of client addresses.</summary>
/// <param name="Network">Any address of the range, as in <see cref="IpEndpoint.Bits"/>.</param>
/// <param name="Length">Prefix length, 0–32 or 0–128.</param>
public readonly record struct SourceRange(UInt128 Network, int Length);

/// <summary>
/// Makes a <see cref="TcpListener"/> deaf to all clients but some: the kernel drops the first packet of the others, so they hear nothing,
/// which a proxy that has to accept before it sees the client cannot do. Needs no capability.
/// </summary>
/// <remarks>
/// A classic BPF program on the listening sockets (SO_ATTACH_FILTER, socket(7); Documentation/networking/filter.rst). It judges a lone SYN
/// only: accepted connections inherit the program (net/core/sock.c, sk_clone_lock), and whose handshake is under way when it comes would be
/// lost. That costs an accepted connection three instructions a packet, and nobody a call per connection.
/// </remarks>
public sealed class SourceFilter
{
    // linux/bpf_common.h, linux/filter.h
    private const ushort LoadByte = 0x30; // BPF_LD | BPF_B | BPF_ABS
    private const ushort LoadWord = 0x20; // BPF_LD | BPF_W | BPF_ABS
    private const ushort LoadMemory = 0x60; // BPF_LD | BPF_MEM
    private const ushort StoreMemory = 0x02; // BPF_ST
    private const ushort And = 0x54; // BPF_ALU | BPF_AND | BPF_K
    private const ushort JumpIfEqual = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
    private const ushort Return = 0x06; // BPF_RET | BPF_K
    private const int MaxInstructions = 4096; // BPF_MAXINSNS
    private const uint NetworkHeader = unchecked((uint)-0x100000); // SKF_NET_OFF: offsets from here on are into the IP header

    private const uint Pass = uint.MaxValue;
    private const uint Drop = 0;

    private const uint TcpFlags = 13; // RFC 9293 §3.1
    private const uint Syn = 0x02;
    private const uint SynAck = 0x12;

    private static readonly int MostInstructions = CountThatFits();

    private SourceFilter(ImmutableArray<SockFilter> program) => Program = program;

    internal ImmutableArray<SockFilter> Program { get; }

    /// <summary>A filter that lets these clients through; with none of them, nobody. Null when there are more than the kernel takes.</summary>
    /// <param name="sources">Ranges of the listener's family.</param>
    /// <param name="isIPv6">The listener's family.</param>
    /// <remarks>
    /// The kernel's limit is memory (net.core.optmem_max): about 670 ranges of IPv4 or 380 of IPv6 (/64) where that is 128 KiB, as on recent
    /// kernels, and 99 or 56 where it is 20 KiB.
    /// </remarks>
    public static SourceFilter? TryAllow(IReadOnlyCollection<SourceRange> sources, bool isIPv6)
    {
        var words = isIPv6 ? 4 : 1;
        var program = ImmutableArray.CreateBuilder<SockFilter>();
        program.Add(new SockFilter(LoadByte, 0, 0, TcpFlags));
        program.Add(new SockFilter(And, 0, 0, SynAck));
        program.Add(new SockFilter(JumpIfEqual, JumpTrue: 1, JumpFalse: 0, Syn));
        program.Add(new SockFilter(Return, 0, 0, Pass));

        // The source address lies at 12 in the header of IPv4, at 8 in that of IPv6. Kept in scratch memory it is compared more cheaply.
        for (uint word = 0; word < words; word++)
        {
            program.Add(new SockFilter(LoadWord, 0, 0, NetworkHeader + (isIPv6 ? 8u : 12u) + (4 * word)));
            program.Add(new SockFilter(StoreMemory, 0, 0, word));
        }

        foreach (var source in sources)
        {
            AddRange(program, source, words);
            if (program.Count >= MostInstructions)
            {
                return null;
            }
        }

        program.Add(new SockFilter(Return, 0, 0, Drop));
        return new SourceFilter(program.ToImmutable());
    }

    /// <summary>Compares word by word; one that differs jumps to what follows the range.</summary>
    private static void AddRange(ImmutableArray<SockFilter>.Builder program, SourceRange source, int words)
    {
        var start = program.Count;
        for (var word = 0; word < words; word++)
        {
            var bits = Math.Clamp(source.Length - (32 * word), 0, 32);
            if (bits == 0)
            {
                break;
            }

            var mask = uint.MaxValue << (32 - bits);
            program.Add(new SockFilter(LoadMemory, 0, 0, (uint)word));
            program.Add(new SockFilter(And, 0, 0, mask));
            program.Add(new SockFilter(JumpIfEqual, 0, 0, (uint)(source.Network >> (32 * (words - 1 - word))) & mask));
        }

        program.Add(new SockFilter(Return, 0, 0, Pass));
        for (var i = start; i < program.Count; i++)
        {
            if (program[i].Code == JumpIfEqual)
            {
                program[i] = program[i] with { JumpFalse = (byte)(program.Count - 1 - i) };
            }
        }
    }

    /// <summary>
    /// What surely fits. The kernel translates a program before it counts its bytes against the socket: two instructions of 8 bytes for one of
    /// ours, three allowed for here. When a program replaces another both count, so each may take half.
    /// </summary>
    private static int CountThatFits()
    {
        const int BytesEach = 3 * 8;
        const int Overhead = 512;
        return Math.Min(((ReadOptionMemory() / 2) - Overhead) / BytesEach, MaxInstructions);
    }

    private static int ReadOptionMemory()
    {
        const int OldDefault = 20_480;
        try
        {
            return int.Parse(File.ReadAllText("/proc/sys/net/core/optmem_max"), CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            // No /proc, or one of a network namespace that does not show it.
            return OldDefault;
        }
    }
}
