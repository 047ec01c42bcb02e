#!/bin/sh
# Builds the VM image, for example with --release=14; all work is done by `bakehouse image build`.
exec "${BAKEHOUSE:-$(command -v bakehouse || echo "$(git rev-parse --show-toplevel)/bakehouse")}" image build "$@"
