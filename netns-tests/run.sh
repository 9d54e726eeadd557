#!/bin/bash
# Runs the cases, each in namespaces of its own. Arguments: words; a case runs when its name contains one of them.
set -u
cd "$(dirname "$0")" || exit 1
root=$(cd .. && pwd)
export SKIFF_BIN=${SKIFF_BIN:-$root/.build/release}
export NETNS_TESTS=$PWD

if [ "$(id -u)" = 0 ]; then enter=(unshare --net --mount --pid --fork --mount-proc --propagation private)
else enter=(unshare --user --map-root-user --net --mount --pid --fork --mount-proc --propagation private); fi
if ! "${enter[@]}" true 2>/dev/null; then echo "skipped: this machine makes no namespaces for $(id -un)"; exit 0; fi

for program in skiff skiff-cni; do
    [ -x "$SKIFF_BIN/$program" ] && continue
    echo "no program at $SKIFF_BIN/$program: run make build, or set SKIFF_BIN to the folder that holds it" >&2
    exit 2
done

passed=0 failed=0 skipped=0 failures=()
for case in cases/*.sh; do
    name=$(basename "$case" .sh)
    wanted=$([ $# = 0 ] && echo yes)
    for word in "$@"; do [[ $name == *$word* ]] && wanted=yes; done
    [ "$wanted" = yes ] || continue
    echo "== $name"
    "${enter[@]}" bash "$case"
    case $? in
        0) passed=$((passed + 1)) ;;
        77) skipped=$((skipped + 1)) ;;
        *) failed=$((failed + 1)); failures+=("$name") ;;
    esac
done
[ $failed = 0 ] || echo "failed cases: ${failures[*]}"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
