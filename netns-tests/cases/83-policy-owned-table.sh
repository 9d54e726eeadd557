#!/bin/bash
# outside ── node ── web .10, db .11, each on a routed pair; late .12 comes before anybody knows what is allowed
# Claim: from an enforcer's first moment a pod's interface that nobody has programmed has no network, also while nothing can be listed;
# while it runs nobody else changes or flushes its tables; they outlive a kill, and the next one has them without a change; --cleanup
# opens everything.
. "$NETNS_TESTS/policy.sh"
policy_topology web db
shop=$(namespace shop '{}')
web=$(pod web 10 shop '{"app":"web"}')
db=$(pod db 11 shop '{"app":"db"}')
label=$(policy label shop '{"podSelector":{"matchLabels":{"app":"db"}},"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"web"}}}],"ports":[{"port":80}]}]}')
expect "before there is an enforcer" web tcp 10.244.1.11 80 db
expect "before there is an enforcer, IPv6" web tcp fd00:1::11 80 db

# A server that takes connections and never answers: nothing is ever listed.
python3 -c 'import socket, time
s = socket.create_server(("127.0.0.1", 16443)); time.sleep(600)' &
cat >"$work/kubeconfig" <<'Y'
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "http://127.0.0.1:16443"}}]
users: [{name: u, user: {}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
Y
say skiff policy, of a cluster that does not answer
"$SKIFF_BIN/skiff" policy --kubeconfig "$work/kubeconfig" --node-name node1 >"$work/silent.log" 2>&1 &
silent=$!
wait_until "the closed table" nft list table ip6 skiff-policy
check "closed before anything is listed" "$(try_once web tcp 10.244.1.11 80)" denied
check "closed, IPv6" "$(try_once web tcp fd00:1::11 80)" denied
expect "the node itself is not" node tcp 10.244.1.11 80 db
pod_link late 12
check "nor has a pod that comes now a network" "$(try_once late tcp 10.244.1.11 80)" denied
run kill -9 $silent
wait $silent 2>/dev/null

enforce "$shop" "$web" "$db" "$label"
expect "allowed" web tcp 10.244.1.11 80 db
expect "denied" web tcp 10.244.1.11 81 denied
expect "the pod that nobody knows" late tcp 10.244.1.11 80 denied
nft list table ip skiff-policy | grep -q 'flags owner' || skip "this kernel knows no persistent owner of a table"
refused() { "$@" 2>&1 | grep -o 'Operation not permitted' | head -1; }
run nft flush ruleset
check "right after a flush" "$(try_once web tcp 10.244.1.11 81)" denied
check "somebody deletes the table" "$(refused nft delete table ip skiff-policy)" "Operation not permitted"
check "somebody empties a map" "$(refused nft flush map ip skiff-policy pod-ingress)" "Operation not permitted"
check "nft lists everything" "$(nft list ruleset >/dev/null && echo yes)" yes
check "a cleanup beside it" "$("$SKIFF_BIN/skiff" policy --cleanup 2>&1 | grep -o 'belongs to an enforcer that runs')" "belongs to an enforcer that runs"
run kill -9 $policy_pid
wait $policy_pid 2>/dev/null
check "after the kill" "$(try_once web tcp 10.244.1.11 81)" denied
expect "after the kill, what is allowed" web tcp 10.244.1.11 80 db
unset policy_pid
enforce "$shop" "$web" "$db" "$label"
wait_until "the first sync" grep -q 'synced policies' "$work/policy.log"
check "the next enforcer has them" "$(refused nft delete table ip skiff-policy)" "Operation not permitted"
check "operations of its first sync" "$(grep -o 'operations=[0-9]*' "$work/policy.log" | head -1)" "operations=0"
run kill $policy_pid
wait $policy_pid 2>/dev/null
check "after an orderly end" "$(try_once web tcp 10.244.1.11 81)" denied
run "$SKIFF_BIN/skiff" policy --cleanup
check "tables after the cleanup" "$(nft list tables | grep -c skiff-policy)" 0
expect "everything is open" late tcp 10.244.1.11 80 db
finish
