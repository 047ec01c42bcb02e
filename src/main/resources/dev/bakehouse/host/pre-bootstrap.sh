#!/bin/sh
# The agent runs this before each job, without the job's variables. What the system's loader and C library heed would
# reach even the first program that is started with them, so such a job is refused.
if grep -Eq '^(LD_|DYLD_|GLIBC_|GCONV_PATH=|LOCPATH=|NLSPATH=|MALLOC_)' "$BUILDKITE_ENV_FILE"; then
  echo "bakehouse: job $BUILDKITE_JOB_ID is refused: its env sets a variable of the system's loader (LD_…, DYLD_…, GLIBC_…)," >&2
  echo "  which would reach the host's own programs. Set it in the step's command instead." >&2
  exit 1
fi
