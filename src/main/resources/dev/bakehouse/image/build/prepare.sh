# Run by root when a build's guest is reached: WORKSPACE USER.
set -e
workspace=$1 user=$2
[ "$(uname -s)" = Linux ] || exit 0
install -d -o "$user" -g "$user" "$workspace"
