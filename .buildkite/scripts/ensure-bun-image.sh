#!/bin/sh
# Sees to it that the wanted VM image is here; all work is done by `bakehouse image ensure`.
# Sourced, it only defines get_bun_version.

bakehouse_command() {
  if [ -n "${BAKEHOUSE:-}" ]; then
    echo "$BAKEHOUSE"
  elif command -v bakehouse; then
    :
  else
    echo "$(git rev-parse --show-toplevel)/bakehouse"
  fi
}

get_bun_version() {
  "$(bakehouse_command)" image which --print version
}

# In zsh a sourced file's name stands in $0, too.
case "${ZSH_EVAL_CONTEXT:-}:${0##*/}" in
*:file:*) ;;
*:ensure-bun-image.sh) exec "$(bakehouse_command)" image ensure "$@" ;;
esac
