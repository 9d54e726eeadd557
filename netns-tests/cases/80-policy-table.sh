#!/bin/bash
# outside ── node ── x/a to z/c and those that a case adds, each on a routed pair, all on one node under one enforcer
# Claim: every case of netpol/cases.txt that is about what policies allow holds for real packets of both families, whichever case stood
# before it.
. "$NETNS_TESTS/lib.sh"
need ip python3
[ -x "$SKIFF_BIN/skiff" ] || skip "no program at $SKIFF_BIN/skiff; build first"
PYTHONPATH=$NETNS_TESTS python3 "$NETNS_TESTS/policy_table.py" "$NETNS_TESTS/netpol/cases.txt"
exit $?
