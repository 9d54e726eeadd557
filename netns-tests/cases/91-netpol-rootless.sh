#!/bin/bash
# The tool as a user without any privilege: a user namespace is enough for real packets, and its answers are the same.
. "$NETNS_TESTS/lib.sh"
example=$NETNS_TESTS/../examples/netpol
if [ "$(id -u)" = 0 ] && [ "$(cut -d' ' -f1 /proc/self/uid_map | tr -d ' ')" = 0 ] && [ "$(awk '{print $3}' /proc/self/uid_map)" != 1 ]; then
    need setpriv
    plain=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    # The program may stand where nobody else may look.
    cp "$SKIFF_BIN/skiff" "$work/skiff" && cp -r "$example" "$work/example" && chmod -R a+rX "$work"
else
    plain=(env)
    ln -s "$SKIFF_BIN/skiff" "$work/skiff" && cp -r "$example" "$work/example"
fi
"${plain[@]}" unshare --user --net true 2>/dev/null || skip "no user namespaces for unprivileged users here"
status() { "${plain[@]}" "$work/skiff" netpol "$@" >"$work/out" 2>&1; echo $?; }

check "matrix ends with" "$(status matrix -f "$work/example")" 0
check "packets agree" "$(tail -1 "$work/out")" \
    "9 pods in 3 namespaces, 7 policies; 112 connections: 31 allowed, 81 denied; real packets agree with the engine"
check "both families" "$(status matrix -f "$work/example" --family dual) $(tail -1 "$work/out" | grep -o '224 connections.*')" \
    "0 224 connections: 62 allowed, 162 denied; real packets agree with the engine"
check "test ends with" "$(status test -f "$work/example")" 0

# No network namespaces left: the message says what is missing and what else to do.
status_without() { "${plain[@]}" unshare --user --map-root-user sh -c 'echo 0 >/proc/sys/user/max_net_namespaces && exec "$@"' sh "$work/skiff" netpol "$@" >"$work/out" 2>&1; echo $?; }
check "without network namespaces" "$(status_without matrix -f "$work/example")" 4
check "what is missing" "$(grep -o 'no network namespace' "$work/out" | head -1)" "no network namespace"
check "what else to do" "$(grep -o 'add --engine-only' "$work/out")" "add --engine-only"
check "and that works" "$(status_without matrix --engine-only -f "$work/example")" 0
finish
