using System.Text;
using EdgeProxy.Kubernetes.Manifests.Syntax;

namespace EdgeProxy.Kubernetes.Api.Configuration;

/// <summary>Reads kubeconfig files as kubectl does: several are merged, in each part the first one that says something wins.</summary>
/// <remarks>
/// Refused, each by name: <c>proxy-url</c>, <c>auth-provider</c>, user names and passwords, impersonation. The sources of the rules are
/// kubernetes.io "Organizing Cluster Access Using kubeconfig Files" and client-go's clientcmd.
/// </remarks>
public static class KubeconfigFile
{
    private const string Variable = "KUBECONFIG";

    /// <summary>Reads one file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="context">The context to use; null for the file's <c>current-context</c>.</param>
    /// <param name="time">The clock of credentials that expire.</param>
    /// <exception cref="ConfigurationException">It cannot be read or used; the message says why.</exception>
    public static ApiConnection Load(string path, string? context, TimeProvider time) => Connect([Read(path)], context, time);

    /// <summary>Reads what the variable KUBECONFIG lists, passing over files that are not there. Null when it lists none that is.</summary>
    /// <exception cref="ConfigurationException">A file cannot be read or used; the message says why.</exception>
    public static ApiConnection? LoadListed(Func<string, string?> environment, string? context, TimeProvider time)
    {
        var paths = (environment(Variable) ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Where(File.Exists).ToList();
        return paths.Count == 0 ? null : Connect(paths.ConvertAll(Read), context, time);
    }

    private static KubeconfigSection Read(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{path} cannot be read: {error.Message}", error);
        }

        var parsed = YamlTree.Parse(new DocumentText(text, 0));
        if (parsed.Error is { } mistake)
        {
            throw new ConfigurationException($"{path}:{mistake.Position.Line}:{mistake.Position.Column}: {mistake.Message}");
        }

        return parsed.Roots is [MappingNode root] ? new KubeconfigSection(path, "", root) : throw new ConfigurationException($"{path} is not a kubeconfig");
    }

    private static ApiConnection Connect(List<KubeconfigSection> files, string? context, TimeProvider time)
    {
        var name = context ?? files.Select(file => file.Text("current-context")).FirstOrDefault(text => text is not null)
            ?? throw new ConfigurationException($"{Names(files)}: current-context: Required value: give --kube-context or set it");
        var chosen = Find(files, "contexts", "context", name);
        var cluster = Find(files, "clusters", "cluster", chosen.Require("cluster"));
        var user = chosen.Text("user") is { } userName ? Find(files, "users", "user", userName) : null;
        cluster.Refuse("proxy-url", "a proxy in front of the API server is not supported");
        return new ApiConnection
        {
            Server = ServerOf(cluster),
            TlsServerName = cluster.Text("tls-server-name"),
            Namespace = chosen.Text("namespace"),
            Authority = AuthorityOf(cluster),
            Credentials = user is null ? new StoredCredentials(time) : CredentialsOf(user, cluster, time),
        };
    }

    private static KubeconfigSection Find(List<KubeconfigSection> files, string list, string part, string name) =>
        files.Select(file => file.Named(list, part, name)).FirstOrDefault(found => found is not null)
        ?? throw new ConfigurationException($"{Names(files)}: {list}: there is no {part} \"{name}\"");

    private static string Names(List<KubeconfigSection> files) => string.Join(Path.PathSeparator, files.Select(file => file.File));

    private static Uri ServerOf(KubeconfigSection cluster)
    {
        var text = cluster.Require("server");
        text = text.Contains("://", StringComparison.Ordinal) ? text : $"https://{text}";
        return Uri.TryCreate(text, UriKind.Absolute, out var server) && (server.Scheme == Uri.UriSchemeHttps || server.Scheme == Uri.UriSchemeHttp)
            ? server
            : throw cluster.Wrong("server", "must be an http or https URL");
    }

    private static CertificateAuthority AuthorityOf(KubeconfigSection cluster)
    {
        var bundle = cluster.Data("certificate-authority-data") ?? cluster.FileOf("certificate-authority");
        if (cluster.Text("insecure-skip-tls-verify") is not "true")
        {
            return bundle is null ? CertificateAuthority.System : CertificateAuthority.Of(bundle);
        }

        return bundle is null
            ? CertificateAuthority.None
            : throw cluster.Wrong("insecure-skip-tls-verify", "cannot be used together with a certificate authority");
    }

    private static ApiCredentials CredentialsOf(KubeconfigSection user, KubeconfigSection cluster, TimeProvider time)
    {
        user.Refuse("auth-provider", "no longer part of Kubernetes; use an exec plugin");
        user.Refuse("username", "basic authentication is no longer part of Kubernetes");
        user.Refuse("as", "impersonation is not supported");
        if (user.Part("exec") is { } exec)
        {
            return PluginOf(exec, cluster, time);
        }

        var chain = user.Data("client-certificate-data") ?? user.FileOf("client-certificate");
        var key = user.Data("client-key-data") ?? user.FileOf("client-key");
        if (chain is null != key is null)
        {
            throw user.Wrong(chain is null ? "client-certificate" : "client-key", "certificate and key are needed together");
        }

        // As in client-go: the file wins, because it can be replaced.
        var token = user.FileOf("tokenFile") ?? (user.Text("token") is { } text ? TextSource.Given(text) : null);
        return new StoredCredentials(time) { Token = token, CertificateChain = chain, CertificateKey = key };
    }

    private static ExecCredentials PluginOf(KubeconfigSection exec, KubeconfigSection cluster, TimeProvider time)
    {
        var version = exec.Require("apiVersion");
        if (version is not ("client.authentication.k8s.io/v1" or "client.authentication.k8s.io/v1beta1"))
        {
            throw exec.Wrong("apiVersion", "must be client.authentication.k8s.io/v1 or v1beta1");
        }

        if (exec.Text("interactiveMode") is "Always")
        {
            throw exec.Wrong("interactiveMode", "there is nobody to ask");
        }

        // A path is meant as seen from the kubeconfig; a bare name is looked for on the PATH.
        var command = exec.Require("command");
        return new ExecCredentials(time)
        {
            Command = command.Contains('/', StringComparison.Ordinal) ? exec.PathOf(command) : command,
            Arguments = exec.Texts("args"),
            Environment = exec.NamedTexts("env"),
            ApiVersion = version,
            InstallHint = exec.Text("installHint"),
            Cluster = exec.Text("provideClusterInfo") is "true" ? Describe(cluster) : null,
        };
    }

    private static ExecCluster Describe(KubeconfigSection cluster) => new()
    {
        Server = cluster.Text("server"),
        TlsServerName = cluster.Text("tls-server-name"),
        InsecureSkipTlsVerify = cluster.Text("insecure-skip-tls-verify") is "true" ? true : null,
        CertificateAuthorityData = (cluster.Data("certificate-authority-data") ?? cluster.FileOf("certificate-authority"))?.Read() is { } pem
            ? Convert.ToBase64String(Encoding.UTF8.GetBytes(pem))
            : null,
    };
}
