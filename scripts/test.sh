#!/bin/bash
# Runs every suite, also after one has failed, and ends with one line: N passed, N failed.
# Counts the build as one, unit tests, netns cases, and the end-to-end test's checks.
set -uo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
passed=0
failed=0

# suite NAME COMMAND...: runs it, shows it, and adds its counts.
suite() {
    local name=$1 output=$log/$1 status ok bad
    shift
    echo "── $name: $*"
    "$@" 2>&1 | tee "$output"
    status=${PIPESTATUS[0]}
    # A suite of scripts ends with "N passed, N failed"; swift test marks each test.
    if grep -qE '^[0-9]+ passed, [0-9]+ failed' "$output"; then
        ok=$(grep -oE '[0-9]+ passed' "$output" | tail -1 | cut -d' ' -f1)
        bad=$(grep -oE '[0-9]+ failed' "$output" | tail -1 | cut -d' ' -f1)
    else
        ok=$(grep -E '^(✔|􁁛) +Test .* passed after' "$output" | grep -vc 'Test run with')
        bad=$(grep -E '^(✘|􀢄) +Test .* failed after' "$output" | grep -vc 'Test run with')
    fi
    [ "$status" = 0 ] || [ "$bad" -gt 0 ] || bad=1
    passed=$((passed + ok))
    failed=$((failed + bad))
}

# Each target's suites in a process of their own: some fork, some change what a whole process sees.
suite build swift build -c release --explicit-target-dependency-import-check error --build-tests
for folder in Tests/*Tests; do
    target=$(basename "$folder")
    suite "$target" timeout 1800 swift test -c release --explicit-target-dependency-import-check error --skip-build \
        --filter "^$target\\."
done
[ "${ONLY:-}" = unit ] || suite netns ./netns-tests/run.sh
[ "${ONLY:-}" = unit ] || suite end-to-end ./scripts/e2e.sh
[ "${ONLY:-}" = unit ] || suite end-to-end-etcd env STORE=etcd ./scripts/e2e.sh workloads network statefulset clients faults

echo
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
