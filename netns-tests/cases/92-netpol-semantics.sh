#!/bin/bash
# What NetworkPolicies mean: the cases of netpol/cases.txt, each in the engine alone and with real packets.
. "$NETNS_TESTS/lib.sh"
need python3
python3 "$NETNS_TESTS/netpol/run_cases.py" "$SKIFF_BIN/skiff" "$work"
exit $?
