using System.ComponentModel;
using System.Diagnostics;

namespace EdgeProxy.Http.Tests.Support;

/// <summary>The command openssl, for what .NET does not show or make.</summary>
internal static class OpenSsl
{
    /// <summary>Skips the test where it is not installed.</summary>
    public static async Task RequireAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(cancellationToken, "version");
        }
        catch (Win32Exception)
        {
            Assert.Skip("openssl is not installed.");
        }
    }

    /// <summary>Runs it without input, and returns what it says.</summary>
    public static async Task<string> RunAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("openssl", arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
            return await output + await errors;
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }
}
