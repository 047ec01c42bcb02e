# Run by root once the build's key works: from now on, here and in the image, nobody logs in by password. USER.
set -e
user=$1 conf=/etc/ssh/sshd_config
sshd=$(command -v sshd || echo /usr/sbin/sshd)
[ "$(uname -s)" != Linux ] || mkdir -p /run/sshd

# What holds for this user, whatever file it stands in.
closed() {
  said=$("$sshd" -T -C "user=$user,host=localhost,addr=127.0.0.1")
  for what in passwordauthentication kbdinteractiveauthentication; do
    echo "$said" | grep -qix "$what no" || return 1
  done
}

closed && exit 0
# The first value of a setting counts, also over files that are included further down.
new=$(mktemp "$conf.XXXXXX")
{ printf 'PasswordAuthentication no\nKbdInteractiveAuthentication no\n' && cat "$conf"; } > "$new"
chmod 644 "$new"
mv "$new" "$conf"
closed || { echo "sshd still takes passwords from $user: see the Match blocks of $conf" >&2; exit 1; }
# An sshd that has been running reads it anew; one that is started for each connection does so anyway.
for pid in /run/sshd.pid /var/run/sshd.pid /run/bakehouse/sshd.pid; do
  if [ -s "$pid" ]; then
    kill -HUP "$(cat "$pid")"
    break
  fi
done
