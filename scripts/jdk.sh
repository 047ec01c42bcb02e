# Sourced. find_jdk sets JAVA to a java of version 25 or newer and JAVA_HOME to its directory, or offers to install one.

try_jdk() { # Its version is in a file, as java takes its time to say it; and each program started here is waited for at every start.
  local line version=0
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
  while IFS= read -r line; do
    case $line in JAVA_VERSION=\"*) line=${line#*\"} && version=${line%%[!0-9]*} ;; esac
  done <"$1/release"
  [ "${version:-0}" -ge 25 ] || return 1
  JAVA_HOME=$1
  JAVA=$1/bin/java
  export JAVA_HOME
}

find_jdk() {
  local home on_path
  if [ -n "${JAVA_HOME:-}" ] && try_jdk "$JAVA_HOME"; then return; fi
  on_path=$(command -v java || true)
  [ -L "$on_path" ] && on_path=$(readlink -f "$on_path" 2>/dev/null || echo "$on_path")
  if [ -n "$on_path" ] && try_jdk "${on_path%/*/*}"; then return; fi
  if [ -x /usr/libexec/java_home ] && home=$(/usr/libexec/java_home -v 25+ 2>/dev/null) && try_jdk "$home"; then return; fi
  for home in /usr/lib/jvm/* /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
    /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home /Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/jdk* "$HOME"/.sdkman/candidates/java/* "$HOME/.local/share/bakehouse/jdk"; do
    if try_jdk "$home"; then return; fi
  done
  install_jdk "$@"
}

install_jdk() {
  local yes=no word
  for word in "$@"; do [ "$word" = --yes ] && yes=yes; done
  [ "${CI:-}" = true ] && yes=yes
  echo "bakehouse: needs a JDK 25; none was found in JAVA_HOME, on PATH or in the usual places." >&2
  if [ $yes = no ]; then
    if [ ! -t 0 ]; then
      echo "  Install Temurin 25 (https://adoptium.net/temurin/releases/?version=25) and set JAVA_HOME, or run again with --yes." >&2
      exit 2
    fi
    printf 'Install Temurin 25 now? [y/N] ' >&2
    read -r word
    case $word in y | Y | yes) ;; *) exit 2 ;; esac
  fi
  if command -v brew >/dev/null; then
    brew install --cask temurin@25 >&2
    home=$(/usr/libexec/java_home -v 25+)
  else
    home=$HOME/.local/share/bakehouse/jdk
    temurin_archive "$home"
  fi
  try_jdk "$home" || { echo "bakehouse: the JDK installed in $home does not run; set JAVA_HOME to a JDK 25." >&2; exit 2; }
}

temurin_archive() { # unpacks Temurin 25 into $1 after checking its SHA-256
  local arch os api work sum
  case $(uname -m) in x86_64 | amd64) arch=x64 ;; aarch64 | arm64) arch=aarch64 ;; *) echo "bakehouse: no JDK archive for $(uname -m)." >&2; exit 2 ;; esac
  case $(uname -s) in Linux) os=linux ;; Darwin) os=mac ;; *) echo "bakehouse: no JDK archive for $(uname -s)." >&2; exit 2 ;; esac
  api=https://api.adoptium.net/v3
  work=$(mktemp -d)
  echo "Fetching Temurin 25 for $os $arch…" >&2
  if ! curl -fsSL "$api/binary/latest/25/ga/$os/$arch/jdk/hotspot/normal/eclipse" -o "$work/jdk.tar.gz" \
    || ! sum=$(curl -fsSL "$api/assets/latest/25/hotspot?architecture=$arch&image_type=jdk&os=$os" | sed -n 's/.*"checksum": *"\([0-9a-f]\{64\}\)".*/\1/p' | head -n 1); then
    rm -rf "$work"
    echo "bakehouse: could not fetch Temurin 25. Install a JDK 25 by hand and set JAVA_HOME." >&2
    exit 2
  fi
  if [ -z "$sum" ] || ! echo "$sum  $work/jdk.tar.gz" | { sha256sum -c - 2>/dev/null || shasum -a 256 -c -; } >/dev/null; then
    rm -rf "$work"
    echo "bakehouse: the JDK archive does not match its published SHA-256; nothing was installed." >&2
    exit 2
  fi
  mkdir -p "$work/jdk" "$(dirname "$1")"
  tar -xzf "$work/jdk.tar.gz" -C "$work/jdk" --strip-components 1
  [ -d "$work/jdk/Contents/Home" ] && mv "$work/jdk/Contents/Home" "$work/home" || mv "$work/jdk" "$work/home"
  rm -rf "$1"
  mv "$work/home" "$1"
  rm -rf "$work"
}

# In another encoding than UTF-8 the JVM can neither print nor open every name.
every_name() {
  case ${LC_ALL:-${LC_CTYPE:-${LANG:-}}} in
    *[Uu][Tt][Ff]*) ;;
    *) export LC_ALL=C.UTF-8 ;;
  esac
}
