#!/bin/bash
# outside ── node ── x/a to z/c, each on a routed pair and behind a Service of both families
# Claim: the truth tables of upstream's 48 tests of NetworkPolicy traffic hold for real packets of both families, to pods and through
# Services, with policies, labels and namespaces changed in place as the tests do.
. "$NETNS_TESTS/lib.sh"
need ip python3
[ -x "$SKIFF_BIN/skiff" ] || skip "no program at $SKIFF_BIN/skiff; build first"
PYTHONPATH=$NETNS_TESTS python3 "$NETNS_TESTS/policy_table.py" "$NETNS_TESTS/policy-upstream.txt"
exit $?
