#!/bin/bash
# Bad input ends with 2 and says file, line and reason; unknown kinds are listed and skipped; standard input, lists and long lists of
# prefixes work.
. "$NETNS_TESTS/lib.sh"
need python3
netpol() { "$SKIFF_BIN/skiff" netpol "$@"; }
# input: standard input becomes the manifest that the next refusal is about. (A check behind a pipe would not count.)
input() { cat >"$work/piped"; }
# refuse WHAT LINE TEXT
refuse() {
    cp "$work/piped" "$work/in.yaml"
    netpol matrix -f "$work/in.yaml" >"$work/out" 2>&1
    check "$1" "$? $(grep -oF "$work/in.yaml:$2: $3" "$work/out" | sed "s#$work/##" | head -1)" "2 in.yaml:$2: $3"
}
policy() { printf 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: x}\nspec:\n  podSelector: {}\n%s\n' "$1"; }

policy '  ingress:
  - from:
    - {}' | input
refuse "an empty peer" 8 'The NetworkPolicy "p" is invalid: spec.ingress[0].from[0]: Required value: must specify a peer'
policy '  ingres: []' | input
refuse "a misspelled field" 6 'NetworkPolicy in version "v1" cannot be handled: strict decoding error: unknown field "spec.ingres"'
policy '  egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]' | input
refuse "an exception outside" 6 'The NetworkPolicy "p" is invalid: spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`'
policy '  policyTypes: [Both]' | input
refuse "an unknown type" 6 'The NetworkPolicy "p" is invalid: spec.policyTypes[0]: Unsupported value: "Both": supported values: "Ingress", "Egress"'
printf 'kind: NetworkPolicy\napiVersion: extensions/v1beta1\nmetadata: {name: p}\n' | input
refuse "an old version" 2 'no matches for kind "NetworkPolicy" in version "extensions/v1beta1"'
printf 'a: 1\nb: [\n' | input
refuse "no YAML" 3 'did not find expected node content'
{ policy ''; echo ---; policy ''; } | input
refuse "the same policy twice" 8 'NetworkPolicy x/p stands at'
netpol matrix -f "$work/none" >"$work/out" 2>&1
check "a missing file" "$? $(grep -o 'no such file or directory' "$work/out")" "2 no such file or directory"
netpol matrix --family ipv5 -f "$work" >/dev/null 2>&1
check "wrong arguments end with" $? 2

pods() { for name in "$@"; do printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: %s, namespace: x, labels: {app: %s}}\n---\n' "$name" "$name"; done; }
{ pods a b; printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n---\n{}\n---\nvalues: 1\n---\n'; policy '  policyTypes: [Ingress]'; } |
    netpol matrix -f - >"$work/out" 2>"$work/err"
check "standard input, and kinds that say nothing" "$? $(grep -o 'skipped: Secret (1), no Kubernetes object (2)' "$work/err")" \
    "0 skipped: Secret (1), no Kubernetes object (2)"

# Input as build tools and editors write it.
check "a tab" "$(printf 'metadata:\n\tname: a\n' >"$work/in.yaml"; netpol matrix -f "$work/in.yaml" 2>&1 | grep -o 'in.yaml:2: .*')" \
    "in.yaml:2: found character that cannot start any token (a tab: YAML is indented with spaces)"
check "bytes that are no text" "$(printf '\xff\xfe' >"$work/in.yaml"; netpol matrix -f "$work/in.yaml" 2>&1 | grep -o 'is no UTF-8 text')" "is no UTF-8 text"
check "a template" "$(printf 'kind: Pod\nmetadata: {{ .Values.x }}\n' >"$work/in.yaml"; netpol matrix -f "$work/in.yaml" 2>&1 | grep -o 'give the output of helm template')" \
    "give the output of helm template"
check "a key twice" "$(printf 'kind: Pod\nmetadata:\n  name: a\n  name: b\n' >"$work/in.yaml"; netpol matrix -f "$work/in.yaml" 2>&1 | grep -o 'in.yaml:3: .*')" 'in.yaml:3: key "name" already set in map'
mkdir -p "$work/tree/base/deep" "$work/tree/.git"
printf 'not: [yaml' >"$work/tree/.git/config.yaml"
printf 'not yaml {' >"$work/tree/README.md"
# Helm's output: comments, empty documents, a hook; with the line ends of another system and a mark in front.
sed 's/$/\r/' >"$work/tree/base/helm.yml" <<'Y'
---
# Source: shop/templates/tests.yaml
---
# Source: shop/templates/web.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  replicas: 3
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
---
# Source: shop/templates/db.yaml
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, namespace: shop}, spec: {template: {metadata: {labels: {app: db}}}}}
---
{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: logs, namespace: shop}, spec: {template: {metadata: {labels: {app: logs}}}}}
---
{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: rs, namespace: shop}, spec: {replicas: 0, template: {}}}
---

---
{apiVersion: batch/v1, kind: CronJob, metadata: {name: night, namespace: shop}, spec: {jobTemplate: {spec: {template: {metadata: {labels: {app: night}}}}}}}
Y
sed -i '1s/^/\xef\xbb\xbf/' "$work/tree/base/helm.yml"
cat >"$work/tree/base/deep/list.json" <<'J'
{"apiVersion": "v1", "kind": "List", "items": [
  {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]}},
  {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicyList", "items": [
    {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"podSelector": {"matchLabels": {"app": "web"}}, "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "db"}}}], "ports": [{"port": "http"}]}]}}]},
  {"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": {"name": "c", "namespace": "shop"}}]}
J
printf '{apiVersion: batch/v1, kind: Job, metadata: {generateName: once-, namespace: shop}, spec: {template: {metadata: {labels: {app: once}}}}}' >"$work/tree/job.yaml"
printf 'apiVersion: netpol.skiff/v1\nkind: Expectations\nallow: ["shop/db -> svc/web:80", "shop/db -> shop/web:http"]\ndeny: ["shop/night -> svc/web", "shop/once* -> shop/web", "shop/logs -> shop/svc/web:80"]\n' >"$work/tree/expect.yaml"
netpol test -f "$work/tree" -v >"$work/out" 2>"$work/err"
check "a tree of files with every kind of workload" "$? $(tail -1 "$work/out")" \
    "0 6 pods in 1 namespace, 1 policy; 10 connections: 4 allowed, 6 denied; real packets agree with the engine"
check "kinds that say nothing" "$(grep skipped "$work/err")" "skipped: Certificate (1)"
check "the same twice" "$(netpol matrix -f "$work/tree" -f "$work/tree/base/helm.yml" 2>&1 | grep -c 'stands at .*/base/helm.yml:5 too')" 1

# Expectations that mean nobody are errors, not passes.
pods a b >"$work/pods.yaml"
expect() { printf 'apiVersion: netpol.skiff/v1\nkind: Expectations\nallow: ["%s"]\n' "$1" >"$work/e.yaml"; netpol test -f "$work/pods.yaml" -e "$work/e.yaml" >"$work/out" 2>&1; echo "$? $(grep -o "$2" "$work/out" | head -1)"; }
check "an expectation of nobody" "$(expect 'x/c -> x/a' 'no pod matches x/c: there are a, b')" "2 no pod matches x/c: there are a, b"
check "an unknown port name" "$(expect 'x/b -> x/a:web' 'no destination has the port')" "2 no destination has the port"
check "no arrow" "$(expect 'x/b x/a' 'expected SOURCE -> DESTINATION')" "2 expected SOURCE -> DESTINATION"

# Fifty thousand prefixes in one policy.
python3 - "$work/many.yaml" <<'PY'
import sys
with open(sys.argv[1], "w") as out:
    for name in "ab":
        out.write(f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: x}}\n---\n")
    out.write("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: x}\nspec:\n  podSelector: {}\n  ingress:\n  - from:\n")
    for n in range(50000):
        out.write(f"    - ipBlock: {{cidr: {11 + n // 16384}.{n // 64 % 256}.{n % 64 * 4}.0/24}}\n")
    out.write("---\napiVersion: netpol.skiff/v1\nkind: Expectations\noutside: {in: 14.13.60.7, out: 14.13.61.7}\n"
              "allow: [\"in -> x/a:80\"]\ndeny: [\"out -> x/a:80\", \"x/a -> x/b\"]\n")
PY
netpol test -f "$work/many.yaml" >"$work/out" 2>&1
check "50,000 prefixes" "$? $(grep -o 'real packets agree' "$work/out")" "0 real packets agree"
finish
