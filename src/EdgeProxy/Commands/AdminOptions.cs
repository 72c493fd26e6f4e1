using System.CommandLine;
using EdgeProxy.Admin;

namespace EdgeProxy.Commands;

/// <summary>Whose admin port is asked, and with which token.</summary>
internal sealed class AdminOptions
{
    private const string TokenVariable = "EDGEPROXY_ADMIN_TOKEN_FILE";

    private readonly Option<string> _admin = new("--admin")
    {
        Description = "The admin port of the process.", HelpName = "URL", DefaultValueFactory = _ => AdminClient.DefaultAddress,
    };

    private readonly Option<string?> _token = new("--admin-token-file")
    {
        Description = $"File with the token of that port. ({TokenVariable})",
        HelpName = "FILE",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(TokenVariable),
    };

    /// <summary>Adds them to a command.</summary>
    public AdminOptions(Command command)
    {
        command.Options.Add(_admin);
        command.Options.Add(_token);
    }

    /// <summary>Who is asked.</summary>
    public AdminClient Client(ParseResult parsed) => new(parsed.GetValue(_admin)!, parsed.GetValue(_token));
}
