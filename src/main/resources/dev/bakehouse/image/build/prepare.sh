# Run by root when a build's guest is reached: WORKSPACE USER.
set -e
workspace=$1 user=$2
mkdir -p "$workspace"
chown "$user" "$workspace"
