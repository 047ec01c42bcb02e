#!/bin/sh
# ci/cold-warm.sh [SCRATCH]: rehearses CI on this machine without any. Builds the commit cold, then
# with one changed line and the first build's caches. Every step gets a fresh checkout at the same
# path; products and caches go from step to step through directories, as a CI would carry them.
set -eu
source=$(cd "$(dirname "$0")/.." && pwd)
scratch=${1:-$(mktemp -d)}
checkout=$scratch/checkout
export CACHE_PATH=$scratch/cache
mkdir -p "$scratch"

# measure CMD…: its own output goes to $log, its wall and processor seconds to standard output.
measure() {
  perl -MTime::HiRes=time -e '
    my $begin = time;
    system { $ARGV[0] } @ARGV;
    my $status = $?;
    my ( undef, undef, $user, $system ) = times;
    printf {*STDERR} "%6.2f s, processor %6.2f s", time - $begin, $user + $system;
    exit( $status ? 1 : 0 );
  ' "$@" 2>&1 >"$log"
}

# build NAME: every step; restored caches come from the build before.
build() {
  rm -rf "$scratch/artifacts" "$scratch/saved.new"
  mkdir -p "$scratch/artifacts/out" "$scratch/saved" "$scratch/saved.new"
  for step in vendor cpp zig link test:0 test:1; do
    name=${step%:*}
    rm -rf "$checkout" "$CACHE_PATH"
    mkdir -p "$checkout" "$CACHE_PATH"
    tar -C "$source" -ch --exclude=./build --exclude=./out --exclude=./bakehouse-stats . | tar -C "$checkout" -xm
    if [ "$1" = warm ]; then
      sed -i 's/"unknown command "/"there is no command; unknown command "/' "$checkout/src/cpp/words.cpp"
    fi
    cp -r "$scratch/artifacts/out" "$checkout/"
    if [ -f "$scratch/saved/$name.tar" ]; then
      tar -C "$CACHE_PATH" -xf "$scratch/saved/$name.tar"
    fi
    log=$scratch/$1-$name.log
    export BUILDKITE_PARALLEL_JOB="${step#*:}" BUILDKITE_PARALLEL_JOB_COUNT=2
    took=$(measure sh -c 'exec "$@" 2>&1' sh "$checkout/ci/step.sh" "$name") || {
      cat "$log"
      exit 1
    }
    cp -r "$checkout/out" "$scratch/artifacts/"
    tar -C "$CACHE_PATH" -cf "$scratch/saved.new/$name.tar" .
    printf '%-5s %-7s %s, %5d KB of caches  %s\n' "$1" "$step" "$took" \
      "$(du -sk "$CACHE_PATH" | cut -f1)" "$(cat "$checkout"/bakehouse-stats/*.json 2>/dev/null | tr '\n' ' ')"
  done
  rm -rf "$scratch/saved"
  mv "$scratch/saved.new" "$scratch/saved"
}

build cold
build warm
rm -rf "$checkout" "$CACHE_PATH" "$scratch/artifacts" "$scratch/saved"
