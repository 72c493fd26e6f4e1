using System.Runtime.InteropServices;

namespace EdgeProxy.Compare.Load;

/// <summary>As much of OpenSSL 3 as a TLS client without verification and without resumption needs.</summary>
internal static unsafe partial class LibSsl
{
    private const string Library = "libssl.so.3";

    [LibraryImport(Library)]
    public static partial nint TLS_client_method();

    [LibraryImport(Library)]
    public static partial nint SSL_CTX_new(nint method);

    [LibraryImport(Library)]
    public static partial nint SSL_new(nint context);

    [LibraryImport(Library)]
    public static partial int SSL_set_fd(nint ssl, int descriptor);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint SSL_ctrl(nint ssl, int command, nint kind, string argument);

    [LibraryImport(Library)]
    public static partial int SSL_connect(nint ssl);

    [LibraryImport(Library)]
    public static partial int SSL_write(nint ssl, byte* bytes, int count);

    [LibraryImport(Library)]
    public static partial int SSL_read(nint ssl, byte* buffer, int count);

    [LibraryImport(Library)]
    public static partial int SSL_session_reused(nint ssl);

    [LibraryImport(Library)]
    public static partial void SSL_free(nint ssl);
}
