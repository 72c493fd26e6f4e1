using System.CommandLine;

namespace EdgeProxy.Commands;

/// <summary>
/// <c>edgeproxy completion</c>: prints a script by which a shell completes our command line. The script asks the program itself (its <c>[suggest]</c>
/// directive), so that it never knows other commands and options than those there are. Exit code 0.
/// </summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # edgeproxy completion for bash. Now: source <(edgeproxy completion bash)
        # For good: edgeproxy completion bash > ~/.local/share/bash-completion/completions/edgeproxy
        _edgeproxy() {
            local name="${COMP_WORDS[0]}" IFS=$'\n'
            local line="${COMP_LINE#*"$name"}"
            local point=$((COMP_POINT - ${#COMP_LINE} + ${#line}))
            local word="${COMP_WORDS[COMP_CWORD]}"
            COMPREPLY=($(compgen -W "$("$name" "[suggest:$point]" "$line" 2>/dev/null)" -- "$word"))
            # Options when a dash was typed; else words, and files where there are none.
            [[ "$word" == -* ]] || COMPREPLY=($(printf '%s\n' "${COMPREPLY[@]}" | grep -v '^-'))
        }
        complete -o bashdefault -o default -F _edgeproxy edgeproxy
        """;

    private const string Zsh = """
        #compdef edgeproxy
        # edgeproxy completion for zsh. Now: source <(edgeproxy completion zsh)
        # For good: edgeproxy completion zsh > a folder of $fpath, as _edgeproxy
        _edgeproxy() {
            local line="${(j: :)words[2,CURRENT]}"
            local -a found
            found=("${(@f)$("${words[1]}" "[suggest:${#line}]" "$line" 2>/dev/null)}")
            [[ "${words[CURRENT]}" == -* ]] || found=(${found:#-*})
            if [[ -n "$found" ]]; then compadd -- $found; else _files; fi
        }
        if [[ "$funcstack[1]" == _edgeproxy ]]; then _edgeproxy; else compdef _edgeproxy edgeproxy; fi
        """;

    private const string Fish = """
        # edgeproxy completion for fish. Now: edgeproxy completion fish | source
        # For good: edgeproxy completion fish > ~/.config/fish/completions/edgeproxy.fish
        function __edgeproxy_complete
            set -l line (commandline -cp | string replace -r '^\s*\S+' '')
            edgeproxy "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c edgeproxy -a '(__edgeproxy_complete)'
        """;

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new TaughtCommand("completion", "Print a script by which a shell completes commands and options.")
        {
            Examples = ["source <(edgeproxy completion bash)", "edgeproxy completion zsh > ~/.zfunc/_edgeproxy", "edgeproxy completion fish | source"],
            ExitCodes = [(0, "always"), (2, "wrong usage")],
        };
        command.Arguments.Add(shell);
        command.SetAction(parsed =>
        {
            Console.WriteLine(parsed.GetValue(shell) switch { "zsh" => Zsh, "fish" => Fish, _ => Bash });
            return ExitCodes.Success;
        });
        return command;
    }
}
