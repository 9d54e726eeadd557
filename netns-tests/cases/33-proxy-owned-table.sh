#!/bin/bash
# client 192.168.60.9 ── node ── 10.244.1.0/24 ── pod1 .2, pod2 .3
#                         └── remote, pod address 10.244.2.2
# Claim: while the proxy runs nobody else changes or flushes its tables; they outlive a kill; the next one has them without a change;
# --cleanup leaves nothing.
. "$NETNS_TESTS/lib.sh"
topology
list "$(service web 10.96.0.1 TCP 80 30080)" "$(slice web TCP 8080 node1=10.244.1.3)" | objects web
answers() { [ "$(ask pod1 tcp 10.96.0.1 80)" = "pod2 10.244.1.2" ]; }
proxy_start web
check "an answer" "$(answers && echo yes)" yes
nft list table ip skiff-proxy | grep -q 'flags owner' || skip "this kernel knows no persistent owner of a table"
run nft flush ruleset
check "right after a flush" "$(ask pod1 tcp 10.96.0.1 80)" "pod2 10.244.1.2"
refused() { "$@" 2>&1 | grep -o 'Operation not permitted' | head -1; }
check "somebody deletes the table" "$(refused nft delete table ip skiff-proxy)" "Operation not permitted"
check "somebody empties a map" "$(refused nft flush map ip skiff-proxy endpoints)" "Operation not permitted"
check "nft lists everything" "$(nft list ruleset >/dev/null && echo yes)" yes
proxy_command web
"${proxy[@]}" --healthz-bind-address '' --metrics-bind-address '' >"$work/second.log" 2>&1 &
second=$!
wait_until "a second proxy's complaint" grep -q 'belongs to the running program' "$work/second.log"
check "a second proxy" "$(grep -o 'belongs to the running program' "$work/second.log" | head -1)" "belongs to the running program"
kill $second
wait $second 2>/dev/null
run kill -9 $proxy_pid
wait $proxy_pid 2>/dev/null
check "after the kill" "$(ask pod1 tcp 10.96.0.1 80)" "pod2 10.244.1.2"
nft list table ip skiff-proxy | grep -v flags >"$work/before"
proxy_start web
wait_until "the owner" bash -c "nft list table ip skiff-proxy | grep -q 'flags owner'"
check "the next proxy has them" "$(refused nft delete table ip skiff-proxy)" "Operation not permitted"
check "commits of its first sync" "$(grep -o 'commits=[0-9]*' "$work/proxy.log" | head -1)" "commits=0"
run kill $proxy_pid
wait $proxy_pid 2>/dev/null
check "after an orderly end" "$(ask pod1 tcp 10.96.0.1 80)" "pod2 10.244.1.2"
run "$SKIFF_BIN/skiff" proxy --cleanup
check "tables after the cleanup" "$(nft list tables | grep -c skiff-proxy)" 0
finish
