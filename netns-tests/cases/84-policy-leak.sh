#!/bin/bash
# node ── db, and LEAK_PODS (forty) pods that the plugin attaches one after another while they send
# Claim: under a deny policy not one packet of a pod arrives that the policy forbids, from before the pod has an interface on, whether
# the enforcer knew the pod before its network or hears of it later; afterwards each has exactly what is allowed.
. "$NETNS_TESTS/lib.sh"
need ip nft python3
[ -x "$SKIFF_BIN/skiff" ] || skip "no program at $SKIFF_BIN/skiff; build first"
PYTHONPATH=$NETNS_TESTS python3 "$NETNS_TESTS/policy_leak.py" "${LEAK_PODS:-40}"
exit $?
