#!/bin/sh
# Builds the VM image, for example with --release=14; all work is done by `bakehouse image build`.
# The launcher of the installation this lies in, whatever directory it is called from; for a copy elsewhere the one on PATH.
self=$0
while [ -L "$self" ]; do
  link=$(readlink "$self")
  case $link in /*) self=$link ;; *) self=$(dirname "$self")/$link ;; esac
done
case $self in */*) bakehouse=${self%/*}/../bakehouse ;; *) bakehouse=../bakehouse ;; esac
[ -x "$bakehouse" ] || bakehouse=bakehouse
bakehouse=${BAKEHOUSE:-$bakehouse}
exec "$bakehouse" image build "$@"
