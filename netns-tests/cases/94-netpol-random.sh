#!/bin/bash
# Random policies from seeds: the engine, the packets and a reference written from the documentation (netpol/reference.py) agree on every
# pair of pods, port, protocol and family. SKIFF_RANDOM_CASES=10000 tries as many seeds (minutes with a release build), SEEDS="7 9" these.
. "$NETNS_TESTS/lib.sh"
need python3
if [ -n "${SEEDS:-}" ]; then seeds=($SEEDS); else seeds=(--count "${SKIFF_RANDOM_CASES:-40}" --from "${SKIFF_RANDOM_FROM:-1}"); fi
python3 "$NETNS_TESTS/netpol/run_random.py" "$SKIFF_BIN/skiff" "${seeds[@]}"
exit $?
