#!/bin/sh
# mcpproxy @version@ for @target@: this script, and behind it what it unpacks once into the user's cache: the Deno runtime
# and the code. Every later start finds them there. No line of it may depend on the user's variables but HOME,
# XDG_CACHE_HOME and PATH, and none of its own may reach the program, so nearly all of it runs in subshells.
set -eu

# Brings what lies behind this script to its place, unless it is there, and prints that place.
unpacked() (
  self=$1
  id=@id@
  # Programs of the system first, whatever PATH holds.
  PATH=/usr/bin:/bin:${PATH-}
  LC_ALL=C
  export PATH LC_ALL
  unset CDPATH
  umask 077

  fail() {
    printf '%s: %s\n%s\n' "${self##*/}" "$2" "$3" >&2
    exit "$1"
  }

  # What is started from here could be replaced by whoever can write a folder on the way to it. One line of `ls` a folder;
  # what cannot be read as such is refused.
  check_folders() {
    # shellcheck disable=SC2012
    ls -lnd -- "$@" | {
      seen=0
      while read -r mode _ owner _ _ _ _ _ path; do
        seen=$((seen + 1))
        case $path in
          "$base" | "$base"/* | "$base -> "*) ours=true ;;
          *) ours=false ;;
        esac
        path=${path%% -> *}
        case $mode in
          l*) fail 5 "$path is a symbolic link" "Remove it, or set XDG_CACHE_HOME to a folder of yours." ;;
          d*) ;;
          *) fail 5 "$path is no folder" "Remove it, or set XDG_CACHE_HOME to a folder of yours." ;;
        esac
        if [ "$owner" != "$me" ] && { [ "$owner" != 0 ] || "$ours"; }; then
          fail 5 "$path belongs to user $owner, who could change what is started from there" \
            "Set XDG_CACHE_HOME to a folder of yours."
        fi
        case $ours$mode in
          true?????w* | true????????w*) fail 5 "$path can be written by others" "Run: chmod go-w '$path'" ;;
          # Sticky: there, nobody removes what is another's.
          false????????w[tT]*) ;;
          false????????w*) fail 5 "$path can be written by everybody" "Run: chmod o-w '$path'" ;;
        esac
      done
      [ "$seen" -eq $# ] || fail 5 "the folders up to $base cannot be told apart" "Set XDG_CACHE_HOME to another folder."
    }
  }

  # Nothing is missing, cut short, or was written since. `whole` was made last, and is touched by every start.
  is_whole() {
    [ -f "$folder/whole" ] || return 1
    found=$(find "$folder" -type f ! -name whole ! -newer "$folder/whole" -exec ls -ln {} + |
      awk '{ files++; bytes += $5 } END { printf "%d %.0f", files, bytes }')
    [ "$found" = '@files@ @bytes@' ]
  }

  # rename(2), which refuses where something is: of many that start at once, one wins. `mv` would put one into the other.
  place() {
    # shellcheck disable=SC2016
    "$new/mcpproxy" eval -q --no-config --no-lock '
      const [made, folder] = Deno.args;
      try { Deno.renameSync(made, folder); } catch { Deno.exit(100); }
    ' "$new" "$folder" || {
      status=$?
      [ "$status" -eq 100 ] || fail 1 "its runtime (for @target@) does not start here (status $status)" \
        "Does $base lie on a file system that forbids programs (noexec)? Set XDG_CACHE_HOME to another."
      return 1
    }
  }

  unpack() {
    # Of versions that were not started for a month, and of attempts that were cut short.
    for old in "$base"/program-*/whole "$base"/new-*; do
      [ -z "$(find "$old" -prune -mtime +30 2>/dev/null)" ] || rm -rf "${old%/whole}"
    done
    new=$base/new-$$
    rm -rf "$new" # of another process that had this id
    mkdir "$new" || fail 1 "$new cannot be made" "Look at the owner and the mode of $base, and at the space on its disk."
    trap 'rm -rf "$new" "$new.old"' EXIT
    trap 'exit 1' HUP INT TERM
    tail -c +@offset@ "$self" | { gzip -dc || true >"$new/cut-short"; } | tar -xof - -C "$new" || true >"$new/cut-short"
    [ ! -e "$new/cut-short" ] || fail 1 "it could not be unpacked to $base" \
      "Is there space for @megabytes@ MB? Else this file is damaged: download it anew."
    true >"$new/whole"
    if place || is_whole; then return; fi
    # What lies there is damaged. It is moved away whole, since it may be what others run.
    mv "$folder" "$new.old" 2>/dev/null || :
    place || is_whole || fail 1 "$folder is damaged and cannot be replaced" "Run: rm -r '$folder'"
  }

  cache=${XDG_CACHE_HOME-}
  case $cache in
    /*) ;;
    *)
      [ -d "${HOME-}" ] || fail 1 'there is no home directory to unpack to' 'Set HOME or XDG_CACHE_HOME.'
      cache=$HOME/@cache@
      ;;
  esac
  mkdir -p "$cache" 2>/dev/null || fail 1 "$cache cannot be made" 'Set XDG_CACHE_HOME to a folder of yours.'
  cache=$(cd -P -- "$cache" && pwd -P) || fail 5 "$cache cannot be entered" 'Set XDG_CACHE_HOME to a folder of yours.'
  base=${cache%/}/mcpproxy
  folder=$base/program-$id
  [ -e "$base" ] || [ -L "$base" ] || mkdir "$base" 2>/dev/null || [ -d "$base" ] ||
    fail 1 "$base cannot be made" 'Look at the owner and the mode of the folder that it would lie in.'

  me=$(id -u)
  set -- "$base"
  [ ! -e "$folder" ] || set -- "$@" "$folder"
  while [ -n "$cache" ]; do
    set -- "$@" "${cache:-/}"
    cache=${cache%/*}
  done
  check_folders "$@" / || exit
  if is_whole; then
    # Not `:`, of which POSIX has a failed redirection end the shell: a cache that cannot be written is still whole.
    { true >"$folder/whole"; } 2>/dev/null || :
  else
    unpack >&2
  fi
  printf '%s\n' "$folder"
)

# The path of this file: `sh mcpproxy` gives a name without a folder.
absolute() (
  case $1 in
    /*) printf '%s\n' "$1" ;;
    *) printf '%s\n' "$(pwd)/$1" ;;
  esac
)

set -- "$(absolute "$0")" "$@"
mcpproxy_program=$(unpacked "$1") || exit
# Deno would look for a newer Deno, which is not for the user of this program to install.
DENO_NO_UPDATE_CHECK=1
export DENO_NO_UPDATE_CHECK
exec "$mcpproxy_program/@name@" run -q --no-prompt --no-config --no-lock --no-remote --no-npm \
  @options@ "$mcpproxy_program/@entry@" "$@"
exit 126
