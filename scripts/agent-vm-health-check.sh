#!/bin/sh
# Tells whether this host is ready for jobs that need its VM image; all work is done by `bakehouse host`.
#   check             says what images must be (see below), and whether the host is ready; for cron
#   status            shows what the host's daemon found
#   force-ready       for an hour, whatever is found
#   force-not-ready   the same
# REQUIRED_BOOTSTRAP_VERSION  the least version of the bootstrap script that made the image (3.6)
# MACOS_RELEASE, BUN_VERSION  what the image is of, where they are set
# BAKEHOUSE_CONFIG            the host's bakehouse.yml, where it is not the one here
# The launcher of the installation this lies in, whatever directory it is called from; for a copy elsewhere the one on PATH.
self=$0
while [ -L "$self" ]; do
  link=$(readlink "$self")
  case $link in /*) self=$link ;; *) self=$(dirname "$self")/$link ;; esac
done
case $self in */*) bakehouse=${self%/*}/../bakehouse ;; *) bakehouse=../bakehouse ;; esac
[ -x "$bakehouse" ] || bakehouse=bakehouse
bakehouse=${BAKEHOUSE:-$bakehouse}
verb="${1:-check}"
[ $# -eq 0 ] || shift
set -- ${BAKEHOUSE_CONFIG:+--config "$BAKEHOUSE_CONFIG"} "$@"
case "$verb" in
check)
  exec "$bakehouse" host check --bootstrap-version "${REQUIRED_BOOTSTRAP_VERSION:-3.6}" \
    ${MACOS_RELEASE:+--release "$MACOS_RELEASE"} ${BUN_VERSION:+--bun-version "$BUN_VERSION"} "$@"
  ;;
status) exec "$bakehouse" host status "$@" ;;
force-ready) exec "$bakehouse" host force ready "$@" ;;
force-not-ready) exec "$bakehouse" host force not-ready "$@" ;;
*)
  echo "usage: ${0##*/} check|status|force-ready|force-not-ready" >&2
  exit 2
  ;;
esac
