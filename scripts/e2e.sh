#!/usr/bin/env bash
# The whole product on this machine, with real parts: three nodes, real containers, kubectl unmodified.
# Prints a line per claim and ends with "N passed, N failed". Leaves nothing behind.
#   SKIFF=path KUBECTL=path KEEP=1 STORE=sqlite|etcd scripts/e2e.sh [PART...]
# Parts are the files of scripts/e2e, in the order of this list; "start" comes first and "stop" last, always.
set -u
cd "$(dirname "$0")/.."

SKIFF=${SKIFF:-$PWD/.build/release/skiff}
KUBECTL=${KUBECTL:-kubectl}
WORK=$(mktemp -d /tmp/skiff-e2e.XXXXXX)
CLUSTER=(--name e2e --data-dir "$WORK/data")
PORT=${PORT:-16443}
STORE=${STORE:-sqlite}
export HOME=$WORK/home KUBECONFIG=
mkdir -p "$HOME"
PASSED=0 FAILED=0

say() { printf '\n== %s\n' "$*"; }

# check CLAIM COMMAND...: the claim holds when the command succeeds; its output is shown only when it does not.
check() {
    local claim=$1 begin=$SECONDS
    shift
    if "$@" >"$WORK/out" 2>&1; then
        PASSED=$((PASSED + 1))
        printf 'ok    %s (%ss)\n' "$claim" $((SECONDS - begin))
    else
        FAILED=$((FAILED + 1))
        printf 'FAIL  %s\n' "$claim"
        # What failed may stand far above the end.
        grep -n FAIL "$WORK/out" | head -10 | sed 's/^/      line /'
        sed 's/^/      /' "$WORK/out" | tail -30
    fi
}

# within SECONDS COMMAND...: repeats until the command succeeds. The limit is for a busy machine: only a fault reaches it.
within() {
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $until ] || return 1
        sleep 0.3
    done
}

# refuses TEXT COMMAND...: the command fails and says TEXT.
refuses() {
    local text=$1 output
    shift
    if output=$("$@" 2>&1); then
        echo "succeeded: $output"
        return 1
    fi
    grep -qF -- "$text" <<<"$output" || { echo "said: $output"; return 1; }
}

k() { timeout 300 "$KUBECTL" "$@"; }
skiff() { timeout 600 "$SKIFF" "$@" "${CLUSTER[@]}"; }
equals() { [ "$1" = "$2" ] || { echo "is '$1', not '$2'"; return 1; }; }
# pid_of COMPONENT: server, node1, ...
pid_of() {
    "$SKIFF" status "${CLUSTER[@]}" -o json | python3 -c "
import json, sys
print(next(c.get('pid', 0) for c in json.load(sys.stdin)['components'] if c['name'] == '$1'))"
}
agent_pid() { pgrep -P "$(pid_of "$1")" -f '^skiff agent'; }
# is_replaced FUNCTION OLD ARGUMENT: the process that FUNCTION names is there and is not OLD.
is_replaced() {
    local now
    now=$("$1" "$3") && [ -n "$now" ] && [ "$now" != 0 ] && [ "$now" != "$2" ]
}

finish() {
    if [ -n "${KEEP:-}" ]; then
        echo "kept: $WORK"
    else
        skiff down >/dev/null 2>&1
        # Never through a mount that a check left: what lies behind it is not ours.
        grep -o " $WORK/[^ ]*" /proc/self/mounts | tac | while read -r point; do umount -l "$point"; done
        grep -q " $WORK/" /proc/self/mounts || rm -rf "$WORK"
    fi
    printf '\n%d passed, %d failed\n' "$PASSED" "$FAILED"
    [ "$FAILED" -eq 0 ]
}
trap 'exit 130' INT TERM
trap finish EXIT

for part in start ${*:-workloads network node-network dns policy netpol explain tools statefulset refusals expressions clients faults backup leftovers} stop; do . "scripts/e2e/$part.sh"; done
