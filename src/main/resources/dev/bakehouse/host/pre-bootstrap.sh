#!/bin/sh
# The agent runs this before each job, without the job's variables. What the system's loader and C library heed would
# reach even the first program that is started with them, so such a job is refused.
grep -Eq '^(LD_|DYLD_|GLIBC_|GCONV_PATH=|LOCPATH=|NLSPATH=|MALLOC_|Malloc)' "$BUILDKITE_ENV_FILE"
case $? in
  1) ;;
  0)
    echo "bakehouse: job $BUILDKITE_JOB_ID is refused: its env sets a variable of the system's loader or C library" >&2
    echo "  (LD_…, DYLD_…, GLIBC_…, MALLOC_…), which would reach the host's own programs. Set it in the step's command." >&2
    exit 1
    ;;
  *)
    echo "bakehouse: job $BUILDKITE_JOB_ID is refused: its variables could not be looked at" >&2
    exit 1
    ;;
esac
