# Sourced by ./check: programs only the tests use.

test_needs() {
  local missing="" sudo=""
  command -v docker-registry >/dev/null || missing="$missing docker-registry"
  command -v htpasswd >/dev/null || missing="$missing apache2-utils"
  command -v ccache >/dev/null || missing="$missing ccache"
  command -v cmake >/dev/null || missing="$missing cmake"
  command -v ninja >/dev/null || missing="$missing ninja-build"
  command -v cc >/dev/null || missing="$missing gcc libc6-dev"
  python3 -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"
  command -v sshd >/dev/null || [ -x /usr/sbin/sshd ] || missing="$missing openssh-server"
  command -v curl >/dev/null || missing="$missing curl"
  command -v bsdtar >/dev/null || missing="$missing libarchive-tools"
  # Power cuts are tried on a file system of the tests' own, which only root can mount.
  [ "$(id -u)" != 0 ] || command -v mkfs.xfs >/dev/null || [ -x /usr/sbin/mkfs.xfs ] || [ -x /sbin/mkfs.xfs ] || missing="$missing xfsprogs"
  command -v promtool >/dev/null || missing="$missing prometheus"
  command -v chromium >/dev/null || missing="$missing chromium"
  command -v chromedriver >/dev/null || missing="$missing chromium-driver"
  [ -z "$missing" ] && return
  if ! command -v apt-get >/dev/null; then
    echo "check: install these and run again:$missing" >&2
    exit 2
  fi
  [ "$(id -u)" = 0 ] || sudo=sudo
  echo "check: installing$missing" >&2
  $sudo apt-get update -qq
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing
}

# A second registry and an independent client; Go builds it, as it does the agent.
test_crane() {
  local crane=github.com/google/go-containerregistry/cmd/crane@v0.20.6
  command -v crane >/dev/null && return
  [ -x "$root/.bakehouse/tools/bin/crane" ] && return
  if ! command -v go >/dev/null; then
    echo "check: install crane, or Go 1.24 or newer to build it with, and run again" >&2
    exit 2
  fi
  echo "check: go install $crane" >&2
  GOBIN="$root/.bakehouse/tools/bin" go install "$crane"
}

# A second server of S3's protocol, whose conditions hold when many write at once.
test_s3() {
  local gateway=github.com/versity/versitygw/cmd/versitygw@v1.8.0
  command -v versitygw >/dev/null && return
  [ -x "$root/.bakehouse/tools/bin/versitygw" ] && return
  if ! command -v go >/dev/null; then
    echo "check: install versitygw, or Go to build it with, and run again" >&2
    exit 2
  fi
  echo "check: go install $gateway" >&2
  GOBIN="$root/.bakehouse/tools/bin" go install "$gateway"
}

# An independent LZ4 decoder: system Pythons refuse packages of pip, so it gets a place of its own.
test_python() {
  local python=$root/.bakehouse/tools/python
  [ -x "$python/bin/python3" ] && "$python/bin/python3" -c 'import lz4.block' 2>/dev/null && return
  echo "check: installing the Python package lz4 in $python" >&2
  python3 -m venv "$python"
  "$python/bin/python3" -m pip install -q lz4
}

test_needs
test_python
test_crane
test_s3
