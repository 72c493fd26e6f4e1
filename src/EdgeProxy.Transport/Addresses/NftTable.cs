using System.Diagnostics;

namespace EdgeProxy.Transport.Addresses;

/// <summary>A table of nftables, family inet, changed by the tool <c>nft</c>. Owns it: the table is deleted when disposed. Needs the capability NET_ADMIN.</summary>
public sealed class NftTable : IDisposable
{
    private readonly AddressLock _lock;
    private readonly string _name;

    private NftTable(AddressLock addressLock, string name)
    {
        _lock = addressLock;
        _name = name;
    }

    /// <summary>Makes it ours; whether there is one shows when it is replaced.</summary>
    /// <exception cref="IOException">Another process has it.</exception>
    public static NftTable Take(string name) => new(AddressLock.Take($"the nftables table {name}"), name);

    /// <summary>Replaces everything in it by what nft(8) reads here, the table's own line included, in one transaction.</summary>
    /// <exception cref="IOException">There is no <c>nft</c>, the capability is missing, or the kernel refuses; the message says which.</exception>
    public void Replace(string definition) => Apply($"table inet {_name}\ndelete table inet {_name}\n{definition}");

    /// <summary>Runs commands of nft(8) in one transaction: all of them or none.</summary>
    /// <exception cref="IOException">As for <see cref="Replace"/>.</exception>
    public void Apply(string commands)
    {
        using var nft = Start();
        try
        {
            nft.StandardInput.Write(commands);
            nft.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it had read everything, and says why.
        }

        // It writes when it has read everything, or has given up reading.
        var errors = nft.StandardError.ReadToEnd();
        nft.WaitForExit();
        if (nft.ExitCode != 0)
        {
            throw Refused(errors);
        }
    }

    /// <summary>Deletes it.</summary>
    public void Dispose()
    {
        try
        {
            Apply($"table inet {_name}\ndelete table inet {_name}\n");
        }
        catch (IOException)
        {
            // No longer allowed, or nft is gone: there is nobody left to tell, and the next run replaces it.
        }

        _lock.Dispose();
    }

    private static Process Start() => Process.Start(new ProcessStartInfo(FindTool(), ["-f", "-"])
    {
        RedirectStandardInput = true,
        RedirectStandardError = true,
        UseShellExecute = false,
    })!;

    // Left alone, Process.Start looks in the working directory first, and we are root.
    private static string FindTool() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, "nft"))
            .FirstOrDefault(File.Exists)
        ?? throw new IOException("the tool 'nft' (package nftables) is not installed, or not in PATH");

    private static IOException Refused(string errors)
    {
        // The first line says what, the others quote our own commands.
        var first = errors.Split('\n', 2)[0];
        return new IOException(first.Contains("Operation not permitted", StringComparison.Ordinal)
            ? "tables of nftables need the capability NET_ADMIN, for the tool 'nft' too: give it to root, or as an ambient capability"
            : $"nft refuses: {first}");
    }
}
