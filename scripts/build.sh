# Sourced. build_jar makes target/bakehouse.jar and the start-up cache beside it. Needs JAVA, JAVA_HOME and root.

need_maven() {
  command -v mvn >/dev/null && return
  local yes=no word
  for word in "$@"; do [ "$word" = --yes ] && yes=yes; done
  [ "${CI:-}" = true ] && yes=yes
  echo "bakehouse: needs Maven to build itself." >&2
  if [ $yes = no ]; then
    if [ ! -t 0 ]; then
      echo "  Install it (apt-get install maven, or brew install maven), or run again with --yes." >&2
      exit 2
    fi
    printf 'Install Maven now? [y/N] ' >&2
    read -r word
    case $word in y | Y | yes) ;; *) exit 2 ;; esac
  fi
  if command -v brew >/dev/null; then
    brew install maven >&2
  elif command -v apt-get >/dev/null; then
    local sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq maven >&2
  else
    echo "bakehouse: no apt-get and no brew here; install Maven 3.8 or newer by hand." >&2
    exit 2
  fi
}

build_jar() {
  need_maven "$@"
  (
    mkdir -p "$root/target"
    # One build at a time; the others wait and find the jar made.
    exec 9>"$root/target/.building"
    command -v flock >/dev/null && flock 9
    if [ ! -f "$root/target/bakehouse.jar" ] || [ -n "$(find "$root/src/main" "$root/pom.xml" -newer "$root/target/bakehouse.jar" -print -quit)" ]; then
      echo "Building Bakehouse (first time: a minute or two)…" >&2
      cd "$root"
      if ! mvn -q -B -ntp package -DskipTests >target/build.log 2>&1; then
        tail -n 30 target/build.log >&2
        echo "bakehouse: the build failed; the whole log is target/build.log." >&2
        exit 2
      fi
      rm -f target/bakehouse.aot
      # The run that is recorded loads what most commands load, the HTTP client too; it ends with "no answer".
      train=$(mktemp -d)
      "$JAVA" -XX:AOTCacheOutput=target/bakehouse.aot -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED -Dbakehouse.root="$root" \
        -cp target/bakehouse.jar dev.bakehouse.cli.Main image pull --state "$train" --plain-http 127.0.0.1:1/none:none >/dev/null 2>&1 || true
      rm -rf "$train"
    fi
  )
}
