#!/bin/bash
# The nine pods of examples/netpol, as root: matrix, test, explain, diff, lint, cover, mutate, init and shell say what is true, end with
# the documented statuses, and write reports that parse.
. "$NETNS_TESTS/lib.sh"
need python3
netpol() { "$SKIFF_BIN/skiff" netpol "$@"; }
status() { netpol "$@" >"$work/out" 2>&1; echo $?; }
example=$NETNS_TESTS/../examples/netpol
ip link set lo up 2>/dev/null

check "matrix ends with" "$(status matrix -f "$example")" 0
check "packets agree" "$(tail -1 "$work/out")" \
    "9 pods in 3 namespaces, 7 policies; 112 connections: 31 allowed, 81 denied; real packets agree with the engine"
check "web's row" "$(grep 'shop/web (2)  ' "$work/out")" "7 shop/web (2)          . E E p B B B"
check "test ends with" "$(status test -f "$example" --junit "$work/j.xml" --json "$work/r.json" --sarif "$work/s.json" \
    --markdown "$work/m.md" --html "$work/h.html")" 0
check "the verdict" "$(grep expectations "$work/out")" "passed: 14 expectations, 14 passed, 0 failed"
check "JUnit" "$(python3 -c "import sys, xml.etree.ElementTree as E; t = E.parse(sys.argv[1]).getroot(); print(t.get('tests'), t.get('failures'))" "$work/j.xml")" "14 0"
check "JSON" "$(python3 -c "import sys, json; d = json.load(open(sys.argv[1])); print(d['passed'], d['answeredBy'], d['disagreements'])" "$work/r.json")" \
    "True engine and packets 0"
check "SARIF" "$(python3 -c "import sys, json; print(len(json.load(open(sys.argv[1]))['runs'][0]['results']))" "$work/s.json")" 0
check "HTML has a picture" "$(grep -c '<svg' "$work/h.html")" 1

# One label less, and the expectations notice, with the line and a way out.
mkdir "$work/broken" && cp "$example"/*.yaml "$work/broken" && sed -i 's/values: \[api, migrate\]/values: [api]/' "$work/broken/policies.yaml"
check "a broken policy ends with" "$(status test -f "$work/broken" --junit "$work/j.xml" --sarif "$work/s.json")" 1
check "what failed" "$(grep -o 'FAIL allow shop/migrate -> shop/db:5432' "$work/out")" "FAIL allow shop/migrate -> shop/db:5432"
check "JUnit counts it" "$(grep -c '<failure' "$work/j.xml")" 1
check "SARIF has the line" "$(python3 -c "import sys, json; p = json.load(open(sys.argv[1]))['runs'][0]['results'][0]['locations'][0]['physicalLocation']; print(p['artifactLocation']['uri'].split('/')[-1], p['region']['startLine'])" "$work/s.json")" "policies.yaml 69"
check "diff ends with" "$(status diff "$example" "$work/broken")" 1
check "what closed" "$(grep -c 'closed  shop/migrate -> shop/db:5432/tcp' "$work/out")" 1
check "no difference ends with" "$(status diff "$example" "$example")" 0

check "explain ends with" "$(status explain -f "$example" 'shop/web -> shop/db:5432')" 0
check "the answer" "$(head -1 "$work/out")" "shop/web-0 -> shop/db-0:5432/tcp   DENIED (by egress and by ingress)"
check "the packet" "$(grep -c 'packet   dropped' "$work/out")" 1
check "lint finds no warning" "$(status lint -f "$example")" 0
check "everything is covered" "$(status cover -f "$example" --minimum 100)" 0
check "mutants survive" "$(status mutate -f "$example")" 1
netpol init -f "$example" >"$work/expect.yaml" 2>/dev/null
check "what init writes passes" "$(status test -f "$example" -e "$work/expect.yaml")" 0
check "what init writes fails for another policy" "$(status test -f "$work/broken" -e "$work/expect.yaml")" 1
check "a shell is in the pod" "$(netpol shell -f "$example" shop/api-0 -- sh -c 'echo $POD; cat /proc/net/dev' 2>/dev/null | grep -oE 'shop/api-0|eth0' | tr '\n' ' ')" "shop/api-0 eth0 "
reach='import os, sys, urllib.request
try: print(urllib.request.urlopen("http://%s:%s" % (os.environ[sys.argv[1]], sys.argv[2]), timeout=float(sys.argv[3])).read().decode().strip())
except OSError as error: print("blocked")'
check "the shell reaches what it may" "$(netpol shell -f "$example" shop/api-0 -- python3 -c "$reach" shop_db_0 5432 60 2>/dev/null)" shop/db-0
check "and not what it may not" "$(netpol shell -f "$example" shop/web-0 -- python3 -c "$reach" shop_db_0 5432 2 2>/dev/null)" blocked
check "watch runs the test" "$(status watch --once -f "$example")" 0
check "the engine alone says so" "$(netpol matrix -f "$example" --engine-only | tail -1 | grep -o 'answered by the engine alone')" "answered by the engine alone"

# Revisions of Git.
if command -v git >/dev/null; then
    (cd "$work/broken" && git init -q . && git add . && git -c user.name=t -c user.email=t@t commit -qm one && cp "$example"/policies.yaml . &&
        "$SKIFF_BIN/skiff" netpol diff HEAD: . >"$work/out" 2>&1; echo $? >"$work/rc")
    check "a revision against the working tree" "$(cat "$work/rc") $(grep -c 'opened  shop/migrate' "$work/out")" "1 1"
fi
finish
