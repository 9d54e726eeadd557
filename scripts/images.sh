#!/bin/bash
# Makes the image archives that every cluster loads: images.sh PATH-OF-SKIFF OUTPUT-DIRECTORY
# busybox comes from Debian's static build, pause from Sources/skiff-pause; nothing is pulled.
set -euo pipefail
skiff=$1
output=$2
here=$(cd "$(dirname "$0")/.." && pwd)
work=$output/.work
mkdir -p "$work"

if [ ! -e "$output/busybox.tar" ]; then
    echo "making skiff.local/busybox:latest"
    (
        cd "$work"
        rm -rf busybox unpacked busybox-static_*.deb
        apt-get download -q busybox-static > /dev/null 2>&1 \
            || { apt-get update -q && apt-get download -q busybox-static; }
        dpkg -x busybox-static_*.deb unpacked
        mkdir -p busybox/{bin,etc,tmp,root,proc,sys,dev,var/www}
        chmod 1777 busybox/tmp
        install -m 755 unpacked/*bin/busybox busybox/bin/busybox 2> /dev/null \
            || install -m 755 unpacked/usr/bin/busybox busybox/bin/busybox
        for applet in $(./busybox/bin/busybox --list); do
            [ "$applet" = busybox ] || ln -sf busybox "busybox/bin/$applet"
        done
        echo 'root:x:0:0:root:/root:/bin/sh' > busybox/etc/passwd
        echo 'root:x:0:' > busybox/etc/group
    )
    "$skiff" image build skiff.local/busybox:latest "$work/busybox" "$output/busybox.tar.new" --command sh
    mv "$output/busybox.tar.new" "$output/busybox.tar"
fi

if [ ! -e "$output/pause.tar" ] || [ "$here/Sources/skiff-pause/main.c" -nt "$output/pause.tar" ]; then
    echo "making skiff.local/pause:3.10"
    rm -rf "$work/pause"
    mkdir -p "$work/pause"
    cc -Os -static -s -Wall -Wextra -Werror -o "$work/pause/pause" "$here/Sources/skiff-pause/main.c"
    "$skiff" image build skiff.local/pause:3.10 "$work/pause" "$output/pause.tar.new" --entrypoint /pause
    mv "$output/pause.tar.new" "$output/pause.tar"
fi
rm -rf "$work"
