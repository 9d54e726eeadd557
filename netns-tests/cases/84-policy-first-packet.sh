#!/bin/bash
# outside ── node ── db .10, guest .11; then PODS (twenty) pods, one after another, that speak before anybody has heard of them
# Claim: nothing that a new pod sends leaves its interface before its policies stand, whether or not an enforcer runs; afterwards it
# has exactly what they allow.
. "$NETNS_TESTS/policy.sh"
policy_topology db guest
objects=("$(namespace shop '{}')" "$(namespace other '{}')" "$(pod db 10 other '{"app":"db"}')" "$(pod guest 11 other '{"app":"guest"}')")
deny=$(policy deny shop '{"podSelector":{"matchLabels":{"app":"new"}},"policyTypes":["Egress"],"egress":[{"to":[{"namespaceSelector":{}}],"ports":[{"port":81}]}]}')
enforce "${objects[@]}" "$deny"
expect "a pod without policies" guest tcp 10.244.1.10 80 db
# Counts what arrives of new pods at the server on the denied port.
in_host db nft -f - <<'NFT'
table ip count {
    chain in {
        type filter hook input priority 0
        ip saddr 10.244.1.100-10.244.255.255 tcp dport 80 counter
    }
}
NFT
arrived() { in_host db nft list table ip count | grep -o 'packets [0-9]*' | cut -d' ' -f2; }
news=()
last=$((99 + ${PODS:-20}))
for number in $(seq 100 $last); do
    new_host new$number
    # The first instruction of the pod: it connects while its interface is being made.
    in_host new$number bash -c 'for i in 1 2 3 4 5 6; do (exec 3<>/dev/tcp/10.244.1.10/80) 2>/dev/null; sleep 0.02; done' >/dev/null 2>&1 &
    pod_link new$number $number
    news+=("$(pod new$number $number shop '{"app":"new"}')")
    enforce "${objects[@]}" "$deny" "${news[@]}"
done
expect "the last one may what its policy allows" new$last tcp 10.244.1.10 81 db
expect "and no more" new$last tcp 10.244.1.10 80 denied
check "packets that leaked" "$(arrived)" 0

run kill -9 $policy_pid
pod_link new$((last + 1)) $((last + 1))
check "without an enforcer a new pod has no network" "$(try_once new$((last + 1)) tcp 10.244.1.10 81)" denied
check "an old one has its own" "$(try_once new$last tcp 10.244.1.10 81)" db
unset policy_pid
enforce "${objects[@]}" "$deny" "${news[@]}" "$(pod new$((last + 1)) $((last + 1)) shop '{"app":"new"}')"
expect "until one starts" new$((last + 1)) tcp 10.244.1.10 81 db
expect "which also knows what it may not" new$((last + 1)) tcp 10.244.1.10 80 denied
check "packets that leaked in all of it" "$(arrived)" 0
finish
