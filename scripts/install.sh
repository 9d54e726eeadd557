#!/bin/bash
# Installs the Debian packages that building and running Skiff needs. Asks nothing, starts no service, and is quick when
# everything is there.
set -euo pipefail

# Libraries go by the package's name.
missing=()
for package in libmnl-dev libnftnl-dev libsqlite3-dev zlib1g-dev libc6-dev; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null || true)
    [ "$status" = installed ] || missing+=("$package")
done

# Programs go by what is on PATH: a containerd or kubectl from elsewhere is as good as Debian's, and must not be replaced.
need() {
    PATH="$PATH:/usr/sbin:/sbin" command -v "$1" > /dev/null || missing+=("$2")
}
need cc gcc
need pkg-config pkg-config
need containerd containerd
need runc runc
need nft nftables
need conntrack conntrack
need ip iproute2
need ps procps
need modprobe kmod
need curl curl
need python3 python3
need kubectl kubernetes-client
# For the tests of names.
need dig bind9-dnsutils
need musl-gcc musl-tools
# For the tests of the store over etcd.
need etcd etcd-server
need etcdctl etcd-client

# For the tests of the network plugin: what it is compared and chained with, and what kills it at each of its system calls.
need strace strace
[ -x /usr/lib/cni/portmap ] || missing+=(containernetworking-plugins)

# Debian's python3 makes no virtual environment by itself; the end-to-end test needs one for the Python client.
python3 -c 'import ensurepip' 2> /dev/null || missing+=(python3-venv)

if ! command -v swift > /dev/null; then
    echo "no swift on PATH: install Swift 6.3 or later from https://www.swift.org/install/linux/" >&2
    exit 1
fi
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ]; then
    echo "missing packages: ${missing[*]}" >&2
    echo "run: sudo $0" >&2
    exit 1
fi

echo "installing ${missing[*]}"
# containerd's and etcd's packages start services of their own, which Skiff has no use for: nodes and tests bring theirs.
policy=/usr/sbin/policy-rc.d
made_policy=
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
    made_policy=yes
fi
trap '[ -z "$made_policy" ] || rm -f "$policy"' EXIT

export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -y -q --no-install-recommends "${missing[@]}"
