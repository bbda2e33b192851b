import { Argument, Command } from 'commander';
import { print } from '../../output.ts';

/** What each shell reads. It asks the program that is typed for the words that can stand there, at each press of Tab. */
const scripts = {
  bash: `_backlog() {
  local IFS=$'\\n'
  COMPREPLY=($("$1" __complete "$COMP_CWORD" "\${COMP_WORDS[@]}" 2>/dev/null))
}
complete -o default -F _backlog backlog`,
  zsh: `#compdef backlog
_backlog() {
  local -a found
  found=("\${(@f)$("\${words[1]}" __complete "$((CURRENT - 1))" "\${words[@]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then compadd -- "\${found[@]}"; else _files; fi
}
if [[ "\${funcstack[1]}" == _backlog ]]; then _backlog "$@"; else compdef _backlog backlog; fi`,
  fish: `function __backlog_complete
  set -l words (commandline -opc) (commandline -ct)
  $words[1] __complete (math (count $words) - 1) $words 2>/dev/null
end
complete -c backlog -a '(__backlog_complete)'`,
} as const;

export function completionCommand(): Command {
  return new Command('completion')
    .summary('print a script that completes commands in your shell')
    .description(
      'Prints a script with which your shell completes commands, options, units and runs at Tab. It writes nothing, and names of the queue are read as they are.',
    )
    .addArgument(new Argument('<shell>', 'which one').choices(Object.keys(scripts)))
    .addHelpText(
      'after',
      `
Load it where your shell starts:
  bash   source <(backlog completion bash)                                        in ~/.bashrc
  zsh    source <(backlog completion zsh)                        in ~/.zshrc, after compinit
  fish   backlog completion fish > ~/.config/fish/completions/backlog.fish`,
    )
    .action((shell: string) => print(scripts[shell as keyof typeof scripts]));
}
