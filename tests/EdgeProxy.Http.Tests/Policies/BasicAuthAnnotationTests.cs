using System.Text;
using EdgeProxy.Http.Policies.BasicAuth;
using EdgeProxy.Http.Tests.Support;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Http.Tests.Policies;

/// <summary>Annotations of the chapter Basic authentication, from the manifest to the wire.</summary>
public sealed class BasicAuthAnnotationTests
{
    private static readonly (string, string)[] Basic = [("auth-type", "basic"), ("auth-secret", "users"), ("auth-realm", "Staff only")];

    /// <summary>Each kind of hash as openssl passwd, crypt(3) and htpasswd(1) make it; the words are those of their documentation.</summary>
    public static TheoryData<string, string> Hashes => new()
    {
        { "{SHA}VBPuJHI7uixaa6LQGWx4s+5GKNE=", "myPassword" },
        { "{SSHA}joGkyh12AtzhHRu+4Us+V++BEsNwZXBwZXIxMg==", "myPassword" },
        { "{PLAIN}open sesame", "open sesame" },
        { "$apr1$qHDFfhPC$nITSVHgYbDAK1Y0acGRnY0", "myPassword" },
        { "$apr1$qHDFfhPC$Ymp9vGeXPRRwEBUC5CjkO1", "pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp" },
        { "$1$deadbeef$0Huu6KHrKLVWfqa4WljDE0", "0.s0.l33t" },
        { "$1$deadbeef$/mnyJuKq4u1H3AURZkwqo0", "" },
        { "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "Hello world!" },
        { "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA", "Hello world!" },
        { "$5$short$iu9mTYx3wz8/tkXWcYXAenc4TKdr7OGXDcyLdXMS5H4", "pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp" },
        { "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1", "Hello world!" },
        { "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.", "Hello world!" },
        { "$6$short$5eWk8a.6UYv01G8qatn.q6TZzFq7OaAQ4nPL4IRdB.f9WGMBRUNFhIENiZ2gSO2SjT/MAmapV2EDFGyeYorWZ1", "pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp" },
        { "$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC", "myPassword" },
        { "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U" },
        { "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy", "" },
        { "$2b$04$abcdefghijklmnopqrstuul7pvUDqR2ceChJWWZf1TSR2lC3kXCX6", "pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp" },
    };

    [Theory(Timeout = 30_000)]
    [MemberData(nameof(Hashes))]
    public async Task The_right_password_passes_and_another_does_not(string hash, string password)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, UsersFile($"somebody:{{PLAIN}}x\nuser:{hash}\n"));

        Assert.Equal(200, (await lab.GetAsync("/", Deadline.Token, headers: Credentials("user", password))).Status);
        Assert.Equal(401, (await lab.GetAsync("/", Deadline.Token, headers: Credentials("user", password + "x"))).Status);
        Assert.Equal(401, (await lab.GetAsync("/", Deadline.Token, headers: Credentials("nobody", password))).Status);
    }

    [Fact(Timeout = 30_000)]
    public async Task Who_says_no_password_is_asked_for_one_and_the_endpoint_never_sees_it()
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, UsersFile("user:{PLAIN}secret"));

        var asked = await lab.GetAsync("/", Deadline.Token);
        Assert.Equal(401, asked.Status);
        Assert.Equal("Basic realm=\"Staff only\"", asked.Head["WWW-Authenticate"]);
        Assert.Equal(0, backend.Connections);

        Assert.Equal(200, (await lab.GetAsync("/", Deadline.Token, headers: Credentials("user", "secret"))).Status);
        Assert.Equal("", (await backend.NextAsync(Deadline.Token)).Head["Authorization"]);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("Authorization: Basic ????\r\n")]
    [InlineData("Authorization: Basic dXNlcg==\r\n")]
    [InlineData("Authorization: Bearer dXNlcjpzZWNyZXQ=\r\n")]
    public async Task Credentials_that_are_none_do_not_pass(string header)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, UsersFile("user:{PLAIN}secret"));

        Assert.Equal(401, (await lab.GetAsync("/", Deadline.Token, headers: header)).Status);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_map_has_a_key_for_each_user()
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address)
            + "---\napiVersion: v1\nkind: Secret\nmetadata: {name: users}\nstringData: {one: '{PLAIN}1', two: '{PLAIN}2'}\n"
            + IngressLab.IngressWith([.. Basic, ("auth-secret-type", "auth-map")]));

        Assert.Equal(200, (await lab.GetAsync("/", Deadline.Token, headers: Credentials("two", "2"))).Status);
        Assert.Equal(401, (await lab.GetAsync("/", Deadline.Token, headers: Credentials("two", "1"))).Status);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_changed_secret_counts_at_once()
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, UsersFile("user:$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"));
        Assert.Equal(200, (await lab.GetAsync("/", Deadline.Token, headers: Credentials("user", "U*U"))).Status);

        lab.Write(IngressLab.ServiceFor("web", backend.Address) + UsersFile("user:{PLAIN}new") + IngressLab.IngressWith(Basic));

        Assert.Equal(401, (await lab.GetAsync("/", Deadline.Token, headers: Credentials("user", "U*U"))).Status);
        Assert.Equal(200, (await lab.GetAsync("/", Deadline.Token, headers: Credentials("user", "new"))).Status);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_slow_hash_is_computed_once_for_a_right_password_and_every_time_for_a_wrong_one()
    {
        using var checker = new PasswordChecker();
        Assert.True(PasswordHash.TryParse("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", out var hash));

        for (var i = 0; i < 5; i++)
        {
            Assert.True(await checker.IsRightAsync("user", "U*U"u8.ToArray(), hash, Deadline.Token));
        }

        Assert.Equal(1, checker.SlowChecks);
        Assert.False(await checker.IsRightAsync("user", "U*"u8.ToArray(), hash, Deadline.Token));
        Assert.False(await checker.IsRightAsync("user", "U*"u8.ToArray(), hash, Deadline.Token));
        Assert.Equal(3, checker.SlowChecks);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("", "auth-secret")] // no such Secret
    [InlineData("---\napiVersion: v1\nkind: Secret\nmetadata: {name: users}\nstringData: {passwords: 'user:{PLAIN}x'}\n", "auth-secret")]
    [InlineData("---\napiVersion: v1\nkind: Secret\nmetadata: {name: users}\nstringData: {auth: 'user:desEncrypted1'}\n", "auth-secret")]
    public async Task A_secret_without_users_closes_the_ingress(string secret, string annotation)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, secret);

        Assert.Equal(503, (await lab.GetAsync("/", Deadline.Token, headers: Credentials("user", "x"))).Status);
        Assert.Contains(lab.Problems, problem => problem.Field == $"metadata.annotations[nginx.ingress.kubernetes.io/{annotation}]");
        Assert.DoesNotContain(lab.Problems, problem => problem.ToString().Contains("desEncrypted1", StringComparison.Ordinal));
    }

    [Theory(Timeout = 30_000)]
    [InlineData("auth-type", "digest")]
    [InlineData("auth-type", "kerberos")]
    [InlineData("auth-secret", "elsewhere/users")]
    [InlineData("auth-secret-type", "auth-list")]
    public async Task What_cannot_be_asked_for_closes_the_ingress(string annotation, string value)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + UsersFile("user:{PLAIN}secret")
            + IngressLab.IngressWith([.. Basic.Where(entry => entry.Item1 != annotation), (annotation, value)]));

        Assert.Equal(503, (await lab.GetAsync("/", Deadline.Token, headers: Credentials("user", "secret"))).Status);
        Assert.Contains(lab.Problems, problem => problem.Field == $"metadata.annotations[nginx.ingress.kubernetes.io/{annotation}]");
    }

    [Theory(Timeout = 30_000)]
    [InlineData("any", "127.0.0.0/8", "", 200)]
    [InlineData("any", "10.0.0.0/8", "secret", 200)]
    [InlineData("any", "10.0.0.0/8", "wrong", 401)]
    [InlineData("all", "127.0.0.0/8", "wrong", 401)]
    [InlineData("all", "10.0.0.0/8", "secret", 403)]
    public async Task One_of_address_and_password_is_enough_where_any_is_asked(string satisfy, string allowed, string password, int status)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + UsersFile("user:{PLAIN}secret")
            + IngressLab.IngressWith([.. Basic, ("satisfy", satisfy), ("allowlist-source-range", allowed)]));

        Assert.Equal(status, (await lab.GetAsync("/", Deadline.Token, headers: password.Length == 0 ? "" : Credentials("user", password))).Status);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_rule_for_certificate_challenges_asks_nobody()
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + UsersFile("user:{PLAIN}secret")
            + IngressLab.IngressWith(Basic)
            + IngressLab.IngressWith(Basic, name: "solver", path: "/.well-known/acme-challenge/token", pathType: "Exact"));

        Assert.Equal(200, (await lab.GetAsync("/.well-known/acme-challenge/token", Deadline.Token)).Status);
        Assert.Equal(401, (await lab.GetAsync("/.well-known/acme-challenge/other", Deadline.Token)).Status);
    }

    private static Task<IngressLab> StartAsync(RawBackend backend, string secret) =>
        IngressLab.StartAsync(IngressLab.ServiceFor("web", backend.Address) + secret + IngressLab.IngressWith(Basic));

    private static string UsersFile(string text) =>
        $"---\napiVersion: v1\nkind: Secret\nmetadata: {{name: users}}\ndata: {{auth: {Convert.ToBase64String(Encoding.UTF8.GetBytes(text))}}}\n";

    private static string Credentials(string user, string password) =>
        $"Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))}\r\n";
}
