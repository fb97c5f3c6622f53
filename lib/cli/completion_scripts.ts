/**
 * The scripts that shells load. They call `mcpproxy complete -- words…`, which answers with one candidate a line, a tab and
 * what it is, or with the one line `:files` where the shell should offer files.
 *
 * Names come from servers that nobody vouches for, and words from a line that was never run. So nothing of either is ever
 * evaluated: the words go as arguments, and the candidates are none but plain words (see completion.ts). That is why these
 * are not the scripts of a library: those that there are hand the line to `eval` and candidates to `compgen -W`, which
 * expands them.
 */

// bash(1), "Programmable Completion". It has split the line at ":" and "=" too (COMP_WORDBREAKS), which is undone first;
// what it is given back must not repeat what stands before the last of those. Also for the bash 3.2 of macOS.
const bash = `# bash completion for mcpproxy
_mcpproxy() {
  local word joined="" candidate current prefix IFS
  local -a words=()
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if [[ \${#words[@]} -gt 0 && ( $word == [:=]* || ( -n $joined && -n $word ) ) ]]; then
      words[\${#words[@]}-1]+=$word
    else
      words+=("$word")
    fi
    joined=""
    [[ $word == *[:=] ]] && joined=yes
  done
  [[ \${#words[@]} -eq 0 ]] && words=("")
  current=\${words[\${#words[@]}-1]}
  prefix=\${current%"\${current##*[:=]}"}
  while IFS=$'\\t' read -r candidate _; do
    if [[ $candidate == :files ]]; then
      compopt -o default 2>/dev/null
    elif [[ -n $candidate ]]; then
      COMPREPLY+=("\${candidate#"$prefix"}")
    fi
  done < <(mcpproxy complete -- "\${words[@]}" 2>/dev/null)
}
complete -F _mcpproxy mcpproxy
`;

// zshcompsys(1): _describe takes name:description, with a colon in a name escaped.
const zsh = `#compdef mcpproxy
_mcpproxy() {
  local line name
  local -a candidates
  for line in "\${(@f)$(mcpproxy complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then
      _files
      return
    fi
    name=\${line%%$'\\t'*}
    [[ -n $name ]] && candidates+=("\${name//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe mcpproxy candidates
}
if [[ \${funcstack[1]} == _mcpproxy ]]; then
  _mcpproxy "$@"
else
  compdef _mcpproxy mcpproxy
fi
`;

// fish complete(1): a candidate and its description, with a tab between them.
const fish = `# fish completion for mcpproxy
function __mcpproxy_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (mcpproxy complete -- $words[2..-1] 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (commandline -ct)
        else
            printf '%s\\n' $line
        end
    end
end
complete -c mcpproxy -e
complete -c mcpproxy -f -a '(__mcpproxy_complete)'
`;

// Register-ArgumentCompleter -Native (about_Functions_Argument_Completion). Windows PowerShell 5 leaves an empty argument
// out, so that the word at the cursor goes by an option, and with a sign before it.
const powershell = `# PowerShell completion for mcpproxy
Register-ArgumentCompleter -Native -CommandName mcpproxy -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { "$_" })
  mcpproxy complete --cursor "=$wordToComplete" -- @words 2>$null | ForEach-Object {
    $name, $description = $_ -split "\`t", 2
    if ($name -and $name -ne ':files') {
      if (-not $description) { $description = $name }
      [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $description)
    }
  }
}
`;

/** The scripts by shell. */
export const completionScripts = { bash, zsh, fish, powershell } as const;

/** A shell for which there is a script. */
export type CompletionShell = keyof typeof completionScripts;
