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

# The class path; the SDK of S3 at its end where that is needed, for a start-up cache knows no other classes.
class_path() { # [s3]: sets classes; in one order, whatever the language, or the cache would not fit
  local jar LC_ALL=C
  classes=$root/target/bakehouse.jar
  [ "${1:-}" = s3 ] || return 0
  for jar in "$root"/target/lib/s3/*.jar; do classes+=:$jar; done
}

# Makes the start-up caches from real runs: a pull of a small image, a job up to its VM, the adapting of a pipeline, and saves and restores of a small tree, in a directory and in an S3. A cache then has
# what such a run loads, and what the compiler must know of its hot code, which else is learned anew every time; so they read a
# bakehouse.yml. The registry is a web server of files, the S3 scripts/TrainingS3.java. The launcher takes COMMAND-VERB[-s3].aot, else bakehouse.aot.
record_start() {
  local work=$root/target/start blob web port classes
  class_path
  local flags=(-XX:+UseSerialGC --enable-native-access=ALL-UNNAMED "-Dbakehouse.root=$root")
  # How often which code ran is for long transfers with the thorough compiler: a short start would compile all of it again first.
  local lean=(-XX:+UnlockDiagnosticVMOptions -XX:+IgnoreUnrecognizedVMOptions -XX:-AOTRecordTraining)
  bakehouse() { # [FLAG… --] COMMAND…
    local more=()
    while [ "${1#-X}" != "$1" ]; do more+=("$1") && shift; done
    [ "$1" != -- ] || shift
    env -u BUILDKITE_JOB_ID BAKEHOUSE_CONFIG="$work/bakehouse.yml" "$JAVA" "${flags[@]}" ${more[@]+"${more[@]}"} -cp "$classes" dev.bakehouse.cli.Main "$@" >/dev/null 2>&1
  }
  caches() { # STORE SUFFIX [FLAG…]: of a tree that was saved and restored when it had few files; with flags for the save
    local cache=(--store "$1" --kind bun --scope build/start) suffix=$2
    shift 2
    rm -rf "$work"/tree "$work"/again "$work"/.*.bakehouse
    cp -R scripts "$work/tree" || true
    bakehouse cache save "${cache[@]}" --path "$work/tree" && bakehouse cache restore "${cache[@]}" --path "$work/again" || true
    cp -R src "$work/tree"
    split -b 4096 target/bakehouse.jar "$work/tree/"
    bakehouse "$@" "-XX:AOTCacheOutput=target/cache-save$suffix.aot" -- cache save "${cache[@]}" --path "$work/tree" || true
    bakehouse "-XX:AOTCacheOutput=target/cache-restore$suffix.aot" -- cache restore "${cache[@]}" --path "$work/again" || true
  }
  serve() { # COMMAND…: in the background; sets port to what it says
    : >"$work/web"
    "$@" >"$work/web" 2>&1 9>&- &
    web=$!
    # Ctrl-C does not reach what runs in the background.
    # shellcheck disable=SC2064
    trap "kill $web 2>/dev/null || true" EXIT
    until port=$(sed -n 's/.* port \([0-9]*\).*/\1/p' "$work/web") && [ -n "$port" ]; do kill -0 $web 2>/dev/null && sleep 0.1 || break; done
    port=${port:-1}
  }
  served() {
    kill $web 2>/dev/null || true
    wait $web 2>/dev/null || true
    trap - EXIT
  }
  rm -rf "$work" target/*.aot
  mkdir -p "$work/vm" "$work/v2/o/r/blobs" "$work/v2/o/r/manifests"
  cat target/lib/*.jar target/bakehouse.jar >"$work/vm/disk.img"
  dd if=/dev/zero of="$work/vm/disk.img" bs=1 count=0 seek=600M 2>/dev/null
  echo '{"os":"linux","arch":"amd64"}' >"$work/vm/config.json"
  : >"$work/vm/nvram.bin"
  printf 'cache:\n  directories: {start: start}\npipeline:\n  targets: {mac: {agents: {queue: darwin, os: darwin}}}\n' >"$work/bakehouse.yml"
  bakehouse image import --state "$work/a" i "$work/vm" || true
  bakehouse image push --state "$work/a" i "oci:$work/layout:v1" || true
  for blob in "$work"/layout/blobs/sha256/*; do
    ln "$blob" "$work/v2/o/r/blobs/sha256:${blob##*/}" 2>/dev/null || continue
    grep -q '"layers"' "$blob" && grep -q tart.disk "$blob" && ln "$blob" "$work/v2/o/r/manifests/v1" && ln "$blob" "$work/v2/o/r/manifests/sha256:${blob##*/}"
  done 2>/dev/null
  serve "$JAVA" -m jdk.httpserver -b 127.0.0.1 -p 0 -d "$work"
  bakehouse -XX:AOTCacheOutput=target/bakehouse.aot -- image pull --state "$work/b" --plain-http "127.0.0.1:$port/o/r:v1" --name i || true
  served
  # A job that has everything but a hypervisor: all of its way up to the VM, its store of caches opened.
  job() { # STORE SUFFIX
    printf 'host: {state: "%s", image: i}\ncache: {store: "%s"}\nvm: {hypervisor: qemu}\n' "$work/a" "$1" >"$work/job.yml"
    env -i PATH="$work/bin" HOME="$HOME" BAKEHOUSE_CONFIG="$work/job.yml" BUILDKITE_JOB_ID=1 BUILDKITE_BUILD_ID=1 \
      BUILDKITE_REPO="$work/repository" BUILDKITE_COMMIT=HEAD BUILDKITE_BRANCH=main BUILDKITE_COMMAND=true BUILDKITE_STEP_KEY=start \
      BUILDKITE_PIPELINE_SLUG=start BUILDKITE_ORGANIZATION_SLUG=start BUILDKITE_AGENT_NAME=start BUILDKITE_BUILD_NUMBER=1 \
      BUILDKITE_AGENT_ENDPOINT=http://127.0.0.1:1/ BUILDKITE_AGENT_ACCESS_TOKEN=none AWS_ACCESS_KEY_ID=start AWS_SECRET_ACCESS_KEY=start \
      "$JAVA" "${flags[@]}" "${lean[@]}" "-XX:AOTCacheOutput=target/job-bootstrap$2.aot" -cp "$classes" dev.bakehouse.cli.Main job bootstrap >/dev/null 2>&1 || true
  }
  mkdir "$work/bin"
  ln -s "$(command -v git)" "$(command -v perl)" "$work/bin" || true
  git -c init.defaultBranch=main init -q "$work/repository" || true
  git -C "$work/repository" -c user.name=B -c user.email=b@localhost commit -q --allow-empty -m Empty || true
  job "dir:$work/store" ""
  class_path s3
  job "s3://start/?endpoint=http://127.0.0.1:1&region=us-east-1" -s3
  class_path
  # JSON, but for the end of it: both ways of reading a pipeline.
  printf '{"steps": [{"group": "mac", "key": "g", "steps": [{"key": "a", "command": "x", "agents": {"queue": "darwin", "os": "darwin"}}]}, {"label": "b", "key": "b", "command": ["x", "y"], "priority": 1, "depends_on": "a", "agents": {"os": "linux"}}]} # YAML\n' >"$work/pipeline.yml"
  flags+=(-XX:TieredStopAtLevel=1 "${lean[@]}")
  # In a directory with a bakehouse.yml, and without an option: what reads a command line would have to be loaded at every start.
  (cd "$work" && bakehouse "-XX:AOTCacheOutput=$root/target/pipeline-adapt.aot" -- pipeline adapt <pipeline.yml) || true
  flags+=(-Djdk.util.jar.enableMultiRelease=false)
  caches "dir:$work/store" ""
  serve "$JAVA" scripts/TrainingS3.java
  class_path s3
  export AWS_ACCESS_KEY_ID=start AWS_SECRET_ACCESS_KEY=start NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
  caches "s3://start/?endpoint=http://127.0.0.1:$port&region=us-east-1" -s3 -XX:TieredStopAtLevel=4 -XX:+AOTRecordTraining
  served
  rm -rf "$work"
}

# Whether sources are newer than the last build that came to its end. Its stamp has the time it began.
build_is_due() {
  [ ! -f "$root/target/bakehouse.jar" ] || [ ! -f "$root/target/.built" ] ||
    [ -n "$(find "$root/src/main" "$root/pom.xml" "$root/scripts/build.sh" -newer "$root/target/.built" -print -quit)" ]
}

build_jar() {
  need_maven "$@"
  (
    mkdir -p "$root/target"
    # One build at a time; the others wait and find the jar made.
    exec 9>"$root/target/.building"
    command -v flock >/dev/null && flock 9
    if build_is_due; then
      echo "Building Bakehouse (first time: a minute or two)…" >&2
      cd "$root"
      touch target/.begun
      # Not written over: coordinators and hosts that run still read classes from it.
      rm -f target/bakehouse.jar
      if ! mvn -q -B -ntp package -DskipTests >target/build.log 2>&1; then
        tail -n 30 target/build.log >&2
        echo "bakehouse: the build failed; the whole log is target/build.log." >&2
        exit 2
      fi
      "$JAVA" scripts/NewerClasses.java target/lib/picocli-*.jar
      record_start
      mv target/.begun target/.built
    fi
  )
}
