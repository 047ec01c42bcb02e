# Run by root at the end of a build: takes away what belongs to this one guest. WORKSPACE HOME.
set -e
workspace=$1 home=$2
rm -f /etc/ssh/ssh_host_* "$home/.ssh/authorized_keys" "$home/.bash_history"
# Where macOS mounts what its host shares, nothing is deleted.
case "$(mount)" in
  *" on $(dirname "$workspace") ("*) ;;
  *) rm -rf "$workspace" ;;
esac
if [ "$(uname -s)" = Linux ]; then
  # The placeholder of our images: an empty file would make every start a "first boot".
  echo ba4e0000000000000000000000000000 > /etc/machine-id
  echo bakehouse > /etc/hostname
  printf '127.0.0.1 localhost bakehouse\n::1 localhost\n' > /etc/hosts
  rm -f /var/lib/dbus/machine-id /var/lib/systemd/random-seed /var/lib/systemd/credential.secret
  rm -rf /var/log/journal/*
  find /tmp /var/tmp -mindepth 1 -delete
  # What was deleted comes out of the image as holes; a disk that can not do that is only larger.
  fstrim / || true
fi
sync
