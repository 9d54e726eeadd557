#!/bin/bash
# client 192.168.60.9 ── node ── 10.244.1.0/24 ── pod1 .2, pod2 .3
# Claim: a killed proxy leaves its owned tables, which then anybody may list, load again and delete; the next proxy takes over whatever
# stands, owned by nobody or loaded by hand, and no connection through the Service fails meanwhile.
. "$NETNS_TESTS/lib.sh"
topology
list "$(service web 10.96.0.1 TCP 80 30080)" "$(slice web TCP 8080 node1=10.244.1.3)" | objects web
proxy_start web
nft list table ip skiff-proxy | grep -q 'flags owner' || skip "this kernel knows no persistent owner of a table"
refused() { "$@" 2>&1 | grep -o 'Operation not permitted' | head -1; }
# Without the line of flags, which nft 1.0.6 leaves empty for an orphan, and the owner's name.
plain() { sed '/^\tflags/d; s/ # progname.*//' "$@"; }
nft list table ip skiff-proxy | plain >"$work/owned"
check "changing an owned table" "$(refused nft add chain ip skiff-proxy mine)" "Operation not permitted"
run kill -9 $proxy_pid
wait $proxy_pid 2>/dev/null
check "it persists" "$(ask pod1 tcp 10.96.0.1 80)" "pod2 10.244.1.2"
check "nft lists the orphan" "$(nft list table ip skiff-proxy >"$work/orphan" && nft -j list table ip skiff-proxy >/dev/null && echo yes)" yes
check "it is the same" "$(plain "$work/orphan" | python3 "$NETNS_TESTS/sorted_elements.py" all | cksum)" \
    "$(python3 "$NETNS_TESTS/sorted_elements.py" all <"$work/owned" | cksum)"
# Delete and load in one transaction: no packet sees a state between.
{ echo "delete table ip skiff-proxy"; plain "$work/orphan"; } >"$work/again"
run nft -f "$work/again"
check "status" $? 0
check "loaded by hand" "$(ask pod1 tcp 10.96.0.1 80)" "pod2 10.244.1.2"
proxy_start web
wait_until "the owner" bash -c "nft list table ip skiff-proxy | grep -q 'flags owner'"
check "ours again" "$(refused nft delete table ip skiff-proxy)" "Operation not permitted"
check "the Service answers" "$(ask pod1 tcp 10.96.0.1 80)" "pod2 10.244.1.2"
kill $proxy_pid
wait $proxy_pid 2>/dev/null
run nft delete table ip skiff-proxy
check "anybody deletes an orphan" "$(nft list tables | grep -c 'ip skiff-proxy')" 0
finish
