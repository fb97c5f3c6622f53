#!/bin/sh
# Installs mcpproxy for the user who runs this: mcpproxy and mcpproxy-tray, into ~/.local/bin. Needs no root.
#
#   curl -fsSL RELEASES/latest/download/install.sh | sh
#   sh install.sh --help
#
# Nothing runs before the last line: of a download that was cut short, nothing does.
set -eu

main() {
  releases=${MCPPROXY_RELEASES_URL:-@releases@}
  version=latest
  folder=${MCPPROXY_INSTALL_DIR:-}
  autostart=ask
  answer=ask
  action=install
  while [ $# -gt 0 ]; do
    case $1 in
      --from) releases=$(value "$@"); shift ;;
      --version) version=$(value "$@"); shift ;;
      --to) folder=$(value "$@"); shift ;;
      --yes) answer=yes ;;
      --autostart) autostart=yes ;;
      --no-autostart) autostart=no ;;
      --uninstall) action=uninstall ;;
      -h | --help) usage && return ;;
      *) fail "unknown option $1" "Run: sh install.sh --help" ;;
    esac
    shift
  done
  if [ -z "$folder" ]; then
    [ -d "${HOME:-}" ] || fail "there is no home directory" "Set HOME, or give --to FOLDER."
    folder=$HOME/.local/bin
  fi
  case $folder in /*) ;; *) folder=$(pwd)/$folder ;; esac
  "$action"
}

usage() {
  cat <<'TEXT'
Installs mcpproxy and mcpproxy-tray for you alone.

  --version VERSION   that one; the latest if not given
  --to FOLDER         where to (MCPPROXY_INSTALL_DIR); ~/.local/bin if not given
  --from URL          the releases (MCPPROXY_RELEASES_URL): https, or a server of this machine
  --autostart         start the tray at login, without asking
  --no-autostart      do not, without asking
  --yes               say yes to every question but that of the tray
  --uninstall         remove the programs; config and data in ~/.mcpproxy stay
TEXT
}

install() {
  case $releases in
    https://*) protocol='=https' ;;
    http://127.0.0.1:* | http://localhost:*) protocol='=http,https' ;;
    *) fail "no https address to download from: $releases" "Give --from URL, or set MCPPROXY_RELEASES_URL." ;;
  esac
  releases=${releases%/}
  case $version in
    *[!0-9A-Za-z.+-]*) fail "no version: $version" "Give one such as 0.1.0." ;;
    latest) source=$releases/latest/download ;;
    *) source=$releases/download/v${version#v} ;;
  esac
  archive=mcpproxy-$(target).tar.gz
  sum_program=$(first_of sha256sum shasum openssl) ||
    fail "none of sha256sum, shasum and openssl is here, to check what is downloaded" "Install one of them."
  downloader=$(first_of curl wget) || fail "neither curl nor wget is here" "Install one of them."

  mkdir -p "$folder" 2>/dev/null || fail "$folder cannot be made" "Give another with --to FOLDER."
  [ -w "$folder" ] || fail "you may not write to $folder" "Give another with --to FOLDER; do not use sudo."
  # Beside the place where it goes: from there a rename puts it in place in one step.
  work=$(mktemp -d "$folder/.mcpproxy-install.XXXXXX") ||
    fail "nothing can be written to $folder" "Is its disk full? Else give another with --to FOLDER."
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT TERM

  say "Downloading $source/$archive"
  download "$source/SHA256SUMS" "$work/SHA256SUMS"
  download "$source/$archive" "$work/$archive"
  # `-` and `*` as sha256sum writes them: text or binary, all the same to the sum.
  expected=$(sed -n "s/^\([0-9a-f]\{64\}\) [ *]$archive\$/\1/p" "$work/SHA256SUMS")
  [ -n "$expected" ] || fail "SHA256SUMS of $source tells nothing of $archive" "Tell whoever publishes it."
  found=$(sha256 "$work/$archive")
  [ "$found" = "$expected" ] || fail "$archive is not what was published: its SHA-256 is $found, not $expected" \
    "Nothing was installed. Try again; if it stays so, do not install it."
  mkdir "$work/new"
  gzip -dc "$work/$archive" | tar -xof - -C "$work/new" || fail "$archive cannot be unpacked" "Is the disk full?"
  for program in mcpproxy mcpproxy-tray; do
    if [ ! -f "$work/new/$program" ] || [ -L "$work/new/$program" ]; then
      fail "$archive holds no $program" "Tell whoever publishes it."
    fi
    chmod 755 "$work/new/$program"
  done
  # Before anything is replaced: what cannot run here must not take the place of what can.
  installed=$("$work/new/mcpproxy" --version) ||
    fail "mcpproxy of $archive does not run on this machine" "Nothing was installed."
  for program in mcpproxy mcpproxy-tray; do
    [ ! -d "$folder/$program" ] || fail "$folder/$program is a folder" "Move it away."
    mv -f "$work/new/$program" "$folder/$program" ||
      fail "$folder/$program cannot be replaced" "Look at its owner and mode."
  done
  say "mcpproxy $installed is in $folder."
  offer_path
  offer_autostart
  say "Start it: $(shown mcpproxy-tray) (with an icon) or $(shown mcpproxy) serve"
  say "A core that already runs is of the older version until it is started again."
}

uninstall() {
  if [ -x "$folder/mcpproxy-tray" ]; then
    "$folder/mcpproxy-tray" autostart disable || say "Start at login could not be switched off."
  fi
  for program in mcpproxy mcpproxy-tray; do
    [ -e "$folder/$program" ] || [ -L "$folder/$program" ] || continue
    rm -f "$folder/$program" || fail "$folder/$program cannot be removed" "Look at the owner of $folder."
    say "Removed $folder/$program"
  done
  # What the programs have unpacked, where they would do so again, and nothing else that may lie there.
  case ${XDG_CACHE_HOME:-} in
    /*) cache=$XDG_CACHE_HOME/mcpproxy ;;
    *)
      case $(uname -s) in
        Darwin) cache=${HOME:-}/Library/Caches/mcpproxy ;;
        *) cache=${HOME:-}/.cache/mcpproxy ;;
      esac
      ;;
  esac
  if [ -d "$cache" ] && [ ! -L "$cache" ]; then
    rm -rf "$cache"/program-* "$cache"/new-*
    rmdir "$cache" 2>/dev/null || :
  fi
  say "Your config and data stay in ~/.mcpproxy. To remove them too: rm -r ~/.mcpproxy"
}

offer_path() {
  case :${PATH}: in *:"$folder":*) return ;; esac
  if [ -z "${HOME:-}" ]; then
    say "$folder is not on your PATH." && return
  fi
  # For the shell that reads the profile.
  # shellcheck disable=SC2016
  line='export PATH="'$folder':$PATH"'
  case ${SHELL:-} in
    */zsh) profile=$HOME/.zprofile ;;
    */bash) if [ -f "$HOME/.bash_profile" ]; then profile=$HOME/.bash_profile; else profile=$HOME/.profile; fi ;;
    */fish) say "$folder is not on your PATH. Run: fish_add_path '$folder'" && return ;;
    *) profile=$HOME/.profile ;;
  esac
  case $folder in
    *[\"\$\\\`]*) say "$folder is not on your PATH, and its name has to be quoted there with care." && return ;;
  esac
  if [ -f "$profile" ] && grep -qF "$line" "$profile"; then
    say "$folder is on your PATH from the next login on."
  elif agree "Add $folder to your PATH, in $profile?"; then
    printf '\n# mcpproxy\n%s\n' "$line" >>"$profile" && say "Added to $profile: $line"
  else
    say "$folder is not on your PATH. Add to $profile: $line"
  fi
}

offer_autostart() {
  # Not --yes: what starts at login is for the user alone to decide.
  if [ "$autostart" = ask ]; then
    saved=$answer
    [ "$answer" = ask ] || answer=no
    if agree "Start the tray at login?"; then autostart=yes; else autostart=no; fi
    answer=$saved
  fi
  if [ "$autostart" = yes ]; then
    "$folder/mcpproxy-tray" autostart enable || say "That did not work; the tray's menu can do it, too."
  else
    say "To start the tray at login: $(shown mcpproxy-tray) autostart enable"
  fi
}

# The terminal is asked, since standard input may be this very script. Where there is none, the answer is no.
agree() {
  case $answer in yes) return 0 ;; no) return 1 ;; esac
  (: >/dev/tty) 2>/dev/null || return 1
  printf '%s [y/N] ' "$1" >/dev/tty
  read -r reply </dev/tty || return 1
  case $reply in [yY] | [yY][eE][sS]) return 0 ;; *) return 1 ;; esac
}

target() {
  case $(uname -s) in
    Linux)
      system=linux
      # musl's loader has no glibc beside it. https://wiki.alpinelinux.org/wiki/Running_glibc_programs
      if [ -z "$(find /lib /lib64 /usr/lib /usr/lib64 -name 'ld-linux-*.so.*' 2>/dev/null | head -n 1)" ]; then
        fail "this Linux has no glibc, which Deno needs" "On Alpine, run mcpproxy in a container with glibc."
      fi
      ;;
    Darwin) system=macos ;;
    *) fail "there is no mcpproxy for $(uname -s)" "On Windows, use install.ps1." ;;
  esac
  case $(uname -m) in
    x86_64 | amd64)
      processor=x64
      # A shell that Rosetta runs on Apple's own processor.
      [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || :)" != 1 ] || processor=arm64
      ;;
    arm64 | aarch64) processor=arm64 ;;
    *) fail "there is no mcpproxy for the processor $(uname -m)" "Run it from its sources; see its README." ;;
  esac
  printf '%s\n' "$system-$processor"
}

download() {
  case $downloader in
    curl) curl --proto "$protocol" --proto-redir "$protocol" -fsSL --retry 2 -o "$2" "$1" ;;
    # It cannot be told to follow nobody from https to http.
    wget) wget -q -O "$2" "$1" ;;
  esac || fail "$1 could not be downloaded" "Are you online? Is there a release for this machine? Nothing was installed."
}

sha256() {
  case $sum_program in
    sha256sum) sha256sum <"$1" ;;
    shasum) shasum -a 256 <"$1" ;;
    openssl) openssl dgst -sha256 -r <"$1" ;;
  esac | cut -c1-64
}

first_of() {
  for program in "$@"; do
    if command -v "$program" >/dev/null 2>&1; then
      printf '%s\n' "$program"
      return
    fi
  done
  return 1
}

shown() {
  case :${PATH}: in *:"$folder":*) printf '%s' "$1" ;; *) printf '%s' "$folder/$1" ;; esac
}

value() {
  [ $# -gt 1 ] || fail "$1 wants a value" "Run: sh install.sh --help"
  printf '%s\n' "$2"
}

say() { printf '%s\n' "$1"; }

fail() {
  printf 'install.sh: %s\n%s\n' "$1" "$2" >&2
  exit 1
}

main "$@"
