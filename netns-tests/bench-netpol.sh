#!/bin/bash
# How fast `skiff netpol` is: the whole command, five runs, the best. Run it with a release build on a quiet machine.
#
#   SKIFF_BIN=.build/release netns-tests/bench-netpol.sh
#
# Peers, for the same truth table: cluster-based suites wait for each denied connection (3 s in upstream's, up to 10 s elsewhere); their
# figures stand in docs/specification.md.
set -u
skiff=$(realpath -m "${SKIFF_BIN:-$(dirname "$0")/../.build/release}/skiff")
cd "$(dirname "$0")" || exit 1
[ -x "$skiff" ] || { echo "no program at $skiff: build it, or set SKIFF_BIN" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "program: $skiff"
echo "$(uname -r), $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg), user $(id -un)"

# pods COUNT: pods in ten namespaces, one port each; a deny policy in a quarter of the namespaces, and one that lets a label in.
pods() {
    python3 - "$1" <<'PY'
import json, sys
count = int(sys.argv[1])
documents = []
for n in range(count):
    documents.append({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"p{n}", "namespace": f"n{n % 10}", "labels": {"app": f"a{n % 7}", "n": str(n)}},
                      "spec": {"containers": [{"name": "c", "ports": [{"containerPort": 80}]}]}})
for n in range(3):
    documents.append({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "deny", "namespace": f"n{n}"}, "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}})
    documents.append({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "allow", "namespace": f"n{n}"},
                      "spec": {"podSelector": {}, "ingress": [{"from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "a1"}}}], "ports": [{"port": 80}]}]}})
print("\n---\n".join(json.dumps(d) for d in documents))
PY
}

# best WHAT RUNS ARGUMENTS...: milliseconds of the fastest run, and its last line.
best() {
    local what=$1 runs=$2 least="" start end time line
    shift 2
    for _ in $(seq "$runs"); do
        start=$(date +%s%N)
        line=$("$skiff" netpol "$@" 2>"$work/err" | tail -1) || true
        end=$(date +%s%N)
        time=$(((end - start) / 1000))
        if [ -z "$least" ] || [ "$time" -lt "$least" ]; then least=$time; fi
    done
    printf '%-44s %6d.%03d ms   %s\n' "$what" $((least / 1000)) $((least % 1000)) "$line$(tail -1 "$work/err" | grep -a error)"
}

best "9 pods: matrix, engine alone" 5 matrix -f ../examples/netpol --engine-only
best "9 pods: matrix" 5 matrix -f ../examples/netpol
best "9 pods: test" 5 test -f ../examples/netpol
for count in 100 200; do
    pods $count >"$work/$count.yaml"
    best "$count pods: matrix, engine alone" 3 matrix -f "$work/$count.yaml" --engine-only
    best "$count pods: matrix, every pair" 3 matrix -f "$work/$count.yaml"
done
pods 1000 >"$work/1000.yaml"
best "1,000 pods: matrix, engine alone, every pair" 1 matrix -f "$work/1000.yaml" --engine-only --all-pairs
# A shell needs every pod's namespace, link and listener: this is the time to make them, and to take them down.
best "1,000 pods: created, rules loaded" 1 shell -f "$work/1000.yaml" n0/p0 -- true
best "1,000 pods: matrix" 1 matrix -f "$work/1000.yaml"
