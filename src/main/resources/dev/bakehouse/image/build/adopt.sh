# Run by root in a base that had no guest program: the image made of it starts the guest program, and that
# listens on port 22 once the guest has its identity. The base's own sshd goes on until the shutdown.
set -e
systemctl --quiet enable bakehouse-guest.service bakehouse-ready.service
for unit in ssh.socket sshd.socket ssh.service sshd.service; do
  if [ "$(systemctl is-enabled "$unit" 2> /dev/null)" = enabled ]; then
    systemctl --quiet disable "$unit"
  fi
done
