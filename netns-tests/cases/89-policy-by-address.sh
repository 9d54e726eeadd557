#!/bin/bash
# outside ── node ── web .10, db .11, guest .12; nobody says whose the interfaces are
# Claim: with --by-address the same policies hold on a node whose plugin is not ours, in both families; unknown addresses are open.
. "$NETNS_TESTS/policy.sh"
policy_topology web db guest
list "$(namespace shop '{}')" "$(pod web 10 shop '{"app":"web"}')" "$(pod db 11 shop '{"app":"db"}')" \
    "$(policy label shop '{"podSelector":{},"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"web"}}}],"ports":[{"port":80}]}]}')" >"$work/objects.json"
[ -x "$SKIFF_BIN/skiff" ] || skip "no program at $SKIFF_BIN/skiff; build first"
run "$SKIFF_BIN/skiff" policy --objects "$work/objects.json" --node-name node1 --by-address --once
expect "allowed" web tcp 10.244.1.11 80 db
expect "allowed, IPv6" web tcp fd00:1::11 80 db
expect "another port" web tcp 10.244.1.11 81 denied
expect "an unknown pod" guest tcp 10.244.1.11 80 denied
expect "an unknown pod is open itself" outside tcp 10.244.1.12 80 guest
expect "to itself" db tcp 10.244.1.11 80 db
finish
