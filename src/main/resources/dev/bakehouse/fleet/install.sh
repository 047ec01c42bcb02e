# Unpacks a release, a .tar.gz on standard input, beside those that are there and switches to it in one step.
#   sh install.sh HOME NAME ID: HOME/NAME is a link to HOME/releases/ID after it.
set -eu
home=$1 name=$2 id=$3
mkdir -p "$home/releases"
cd "$home"
if [ -e "$name" ] && [ ! -L "$name" ]; then
  echo "$home/$name is no link to a release; move it to $home/releases/first and link to it: ln -s releases/first $name" >&2
  exit 1
fi
if [ ! -d "releases/$id" ]; then
  rm -rf "releases/.new-$id"
  mkdir "releases/.new-$id"
  tar -xzf - -C "releases/.new-$id"
  if [ ! -x "releases/.new-$id/bakehouse" ]; then
    echo "the archive has no program bakehouse at its top" >&2
    exit 1
  fi
  mv "releases/.new-$id" "releases/$id"
fi
# Builds it where that was not done, so that what is switched to is known to run.
"releases/$id/bakehouse" --version
touch "releases/$id"
rm -f ".$name.new"
ln -s "releases/$id" ".$name.new"
perl -e 'rename $ARGV[0], $ARGV[1] or die "could not switch to the release: $!\n"' ".$name.new" "$name"
# The one before stays, to go back to, and one more.
ls -t releases | tail -n +4 | while read -r old; do rm -rf "releases/$old"; done
