#!/bin/bash
# outside ── node ── web .10, db .11, guest .12, each on a routed pair
# Claim: an enforcer that is killed leaves its rules; one that starts again changes nothing; what others break is put right; open
# connections go on through all of it, also when a policy comes that would not let them begin.
. "$NETNS_TESTS/policy.sh"
policy_flags=--no-own-policy-tables
policy_topology web db guest
objects=("$(namespace shop '{}')" "$(namespace other '{}')" "$(pod web 10 shop '{"app":"web"}')" "$(pod db 11 shop '{"app":"db"}')"
    "$(pod guest 12 other '{"app":"guest"}')")
label=$(policy label shop '{"podSelector":{"matchLabels":{"app":"db"}},"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"web"}}}]}]}')
enforce "${objects[@]}" "$label"
expect "allowed" web tcp 10.244.1.11 80 db
expect "denied" guest tcp 10.244.1.11 80 denied
mkfifo "$work/in" "$work/out"
in_host web python3 "$NETNS_TESTS/policy_ask.py" hold tcp 10.244.1.11 80 <"$work/in" >"$work/out" &
exec 7>"$work/in" 8<"$work/out"
talk() { echo "$1" >&7; read -r -t 60 answer <&8; echo "$answer"; }
read -r answer <&8
check "a connection" "$answer" db
check "talks" "$(talk one)" one

nft -s list ruleset >"$work/before"
run kill -9 $policy_pid
expect "denied while nobody enforces" guest tcp 10.244.1.11 80 denied
monitor_start
unset policy_pid
enforce "${objects[@]}" "$label"
monitor_end
check "events of the second start" "$(wc -l <"$work/events")" 0
nft -s list ruleset >"$work/after"
check "the rules stand as they stood" "$(diff "$work/before" "$work/after" | wc -l)" 0
check "talks after the restart" "$(talk two)" two

run nft delete table ip skiff-policy
expect "put right after a stranger's deletion" guest tcp 10.244.1.11 80 denied
check "talks after the repair" "$(talk three)" three
run nft flush ruleset
expect "put right after a flush" guest tcp 10.244.1.11 80 denied
expect "with everything that was allowed" web tcp 10.244.1.11 80 db

enforce "${objects[@]}" "$(policy deny shop '{"podSelector":{}}')"
expect "tightened" web tcp 10.244.1.11 80 denied
check "an open connection survives a tightening" "$(talk four)" four
finish
