#!/bin/sh
# ci/step.sh vendor|cpp|zig|link|test: one step of the pipeline; also works by hand, in that order.
#
# Products go to out/, the caches' own figures to bakehouse-stats/KIND.json as
# {"kind","hits","misses"}. CACHE_PATH says where the caches lie, BAKEHOUSE_TARGET whose products
# the link and test steps take.
set -eu
cd "$(dirname "$0")/.."

step=${1:?vendor, cpp, zig, link or test}
build=build/$step
export CACHE_PATH="${CACHE_PATH:-$PWD/build/cache}"

configure() {
  cmake -S . -B "$build" -G Ninja --log-level=WARNING "$@"
}

# What the next build of this step begins with.
give_caches() {
  cmake --build "$build" --target upload-all-caches
}

ccache_begin() {
  rm -rf bakehouse-stats
  CCACHE_DIR=$CACHE_PATH/ccache ccache -z >/dev/null
}

ccache_end() {
  mkdir -p bakehouse-stats
  CCACHE_DIR=$CACHE_PATH/ccache ccache --print-stats | awk '
    $1 == "direct_cache_hit" || $1 == "preprocessed_cache_hit" { hits += $2 }
    $1 == "cache_miss" { misses += $2 }
    END { printf "{\"kind\":\"ccache\",\"hits\":%d,\"misses\":%d}\n", hits, misses }
  ' | tee bakehouse-stats/ccache.json
}

# Takes a file from the step that made it; by hand it is there already.
take() {
  if [ "${BUILDKITE:-}" = true ]; then
    buildkite-agent artifact download "$1" . --step "$BAKEHOUSE_TARGET-$2"
  fi
}

case $step in
  vendor | cpp)
    ccache_begin
    configure -DBUN_CPP_ONLY=ON
    [ "$step" = cpp ] || step=dependencies
    cmake --build "$build" --parallel "$(getconf _NPROCESSORS_ONLN)" --target "$step"
    ccache_end
    give_caches
    ;;
  zig)
    rm -rf bakehouse-stats
    configure
    cmake --build "$build" --parallel "$(getconf _NPROCESSORS_ONLN)" --target zig
    cat bakehouse-stats/*.json
    give_caches
    ;;
  link)
    take out/libvendor.a build-vendor
    take out/libcpp.a build-cpp
    take out/oven-zig.o build-zig
    configure -DBUN_LINK_ONLY=ON
    cmake --build "$build" --parallel "$(getconf _NPROCESSORS_ONLN)" --target link
    give_caches
    ;;
  test)
    take out/oven build-bun
    chmod +x out/oven
    sh test/run.sh out/oven
    ;;
  *)
    echo "ci/step.sh: no step $step; use vendor, cpp, zig, link or test" >&2
    exit 2
    ;;
esac
