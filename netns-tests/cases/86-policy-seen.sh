#!/bin/bash
# outside ── node ── web .10, db .11, guest .12 (shop, shop, other), each on a routed pair
# Claim: a denied connection is one line that names who, whom, the policies and the nearest rule; a staged policy denies nothing and
# says what it would; nft lists the tables and loads its own listing.
. "$NETNS_TESTS/policy.sh"
policy_flags=--no-own-policy-tables
policy_topology web db guest
objects=("$(namespace shop '{}')" "$(namespace other '{}')" "$(pod web 10 shop '{"app":"web"}')" "$(pod db 11 shop '{"app":"db"}')"
    "$(pod guest 12 other '{"app":"guest"}')")
label=$(policy label shop '{"podSelector":{"matchLabels":{"app":"db"}},"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"web"}}}],"ports":[{"port":80}]}]}')
staged=$(policy later other '{"podSelector":{}}' '{"policy.skiff.local/staged":"true"}')
enforce "${objects[@]}" "$label" "$staged"
expect "denied" guest tcp 10.244.1.11 80 denied
wait_until "the line" grep -q 'denied.*other/guest -> shop/db:80/tcp denied by NetworkPolicy shop/label' "$work/policy.log"
check "lines about it" "$(grep -c 'other/guest -> shop/db:80/tcp denied' "$work/policy.log")" 1
check "the nearest rule" "$(grep -o 'nearest rule: .*peer' "$work/policy.log" | head -1)" "nearest rule: NetworkPolicy shop/label ingress[0], which does not name this peer"
expect "another port" web tcp 10.244.1.11 81 denied
wait_until "its line" grep -q 'shop/web -> shop/db:81/tcp denied.*does not name this port' "$work/policy.log"
expect "a staged policy lets through" web tcp 10.244.1.12 80 guest
wait_until "and says so" grep -q 'would deny.*shop/web -> other/guest:80/tcp would be denied by NetworkPolicy other/later' "$work/policy.log"
wait_until "the metrics port" bash -c "exec 3<>/dev/tcp/127.0.0.1/10251"
exec 3<>/dev/tcp/127.0.0.1/10251
printf 'GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' >&3
cat <&3 >"$work/metrics"
check "the metrics count it by policy" \
    "$(grep -c 'skiff_policy_denied_packets_total{policy="NetworkPolicy shop/label",direction="ingress",staged="false"}' "$work/metrics")" 1
check "and the policies" "$(grep '^skiff_policy_policies ' "$work/metrics" | tr -d '\r')" "skiff_policy_policies 2"
nft list ruleset >"$work/listing"
run nft flush ruleset
run nft -f "$work/listing"
expect "the listing was loaded, and means the same" guest tcp 10.244.1.11 80 denied
expect "the same for what is allowed" web tcp 10.244.1.11 80 db
finish
