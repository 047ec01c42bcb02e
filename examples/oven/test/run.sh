#!/bin/sh
# test/run.sh OVEN: runs this shard's tests, each one a file test/NAME.test.sh that gets the
# program as $1, works in an empty directory of its own and passes with status 0.
set -eu
oven=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
shard=${BUILDKITE_PARALLEL_JOB:-0}
shards=${BUILDKITE_PARALLEL_JOB_COUNT:-1}

index=0 ran=0 failed=0
for test in "$here"/*.test.sh; do
  mine=$((index % shards))
  index=$((index + 1))
  [ "$mine" -eq "$shard" ] || continue
  ran=$((ran + 1))
  name=$(basename "$test" .test.sh)
  scratch=$(mktemp -d)
  if (cd "$scratch" && FIXTURES=$here/fixtures sh -eu "$test" "$oven") >"$scratch/.log" 2>&1; then
    echo "ok $ran - $name"
  else
    failed=$((failed + 1))
    echo "not ok $ran - $name"
    sed 's/^/# /' "$scratch/.log"
  fi
  rm -rf "$scratch"
done
echo "1..$ran"
echo "# shard $shard of $shards: $ran of $index tests, $failed failed"
[ "$ran" -gt 0 ] && [ "$failed" -eq 0 ]
