#!/bin/bash
# Throws mutated messages at the reader and writer of DNS messages, guided by coverage (libFuzzer), starting from the corpus in
# Tests/Corpus/dns-messages.hex, a message on each line. fuzz-dns.sh [SECONDS]: default 60. What is new and useful is kept in the
# corpus; every run of the tests reads it.
# A finding (crash, more than 5 s for one message, more than 256 MB) ends it with its message in a file crash-*, timeout-* or oom-*.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
seconds=${1:-60}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags=(-swift-version 6 -package-name skiff -O -parse-as-library -sanitize=fuzzer
    -enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature MemberImportVisibility)
cd "$work"
swiftc "${flags[@]}" -emit-module -emit-library -static -module-name NetworkTypes "$root"/Sources/NetworkTypes/*.swift -o libNetworkTypes.a
swiftc "${flags[@]}" -module-name DNSWire -I . -L . -lNetworkTypes "$root"/Sources/DNS/Wire/*.swift "$root/scripts/fuzz/DNSWireFuzz.swift" -o fuzz
corpus=$root/Tests/Corpus/dns-messages.hex
mkdir known found merged
python3 - "$corpus" known <<'P'
import sys
for number, line in enumerate(open(sys.argv[1])):
    open(f"{sys.argv[2]}/{number}", "wb").write(bytes.fromhex(line))
P
./fuzz found known -max_total_time="$seconds" -timeout=5 -rss_limit_mb=256 -max_len=512 -print_final_stats=1 -artifact_prefix="$root/"
./fuzz -merge=1 merged known found -max_len=512 -artifact_prefix="$root/"
python3 - "$corpus" merged <<'P'
import os, sys
lines = sorted(open(os.path.join(sys.argv[2], name), "rb").read().hex() for name in os.listdir(sys.argv[2]))
open(sys.argv[1], "w").write("".join(line + "\n" for line in lines))
print(f"corpus: {len(lines)} messages")
P
