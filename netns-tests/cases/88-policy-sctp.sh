#!/bin/bash
# outside ── node ── db .10, guest .11, each on a routed pair
# Claim: SCTP's first packet reaches an allowed port and no other; a port of TCP is none of SCTP. Raw packets: no kernel SCTP needed.
. "$NETNS_TESTS/policy.sh"
policy_topology db guest
objects=("$(namespace shop '{}')" "$(pod db 10 shop '{"app":"db"}')" "$(pod guest 11 shop '{"app":"guest"}')")
in_host db nft -f - <<'NFT'
table ip count {
    chain in {
        type filter hook input priority 0
        ip protocol sctp counter
    }
}
NFT
arrived() { in_host db nft list table ip count | grep -o 'packets [0-9]*' | cut -d' ' -f2; }
cat >"$work/init.py" <<'PY'
import random, socket, struct, sys
TABLE = []
for index in range(256):
    value = index
    for _ in range(8):
        value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    TABLE.append(value)
def crc(data):
    value = 0xFFFFFFFF
    for byte in data:
        value = value >> 8 ^ TABLE[(value ^ byte) & 255]
    return value ^ 0xFFFFFFFF
chunk = struct.pack(">BBHIIHHI", 1, 0, 20, random.getrandbits(32) | 1, 65536, 1, 1, 1)
source = random.randrange(20000, 60000)
head = struct.pack(">HHI", source, int(sys.argv[2]), 0)
packet = head + b"\0\0\0\0" + chunk
packet = head + struct.pack("<I", crc(packet)) + chunk
socket.socket(socket.AF_INET, socket.SOCK_RAW, 132).sendto(packet, (sys.argv[1], 0))
PY
# sent PORT EXPECTED WHAT: how many more packets arrive.
sent() {
    local before more end=$((SECONDS + 60))
    while :; do
        before=$(arrived)
        in_host guest python3 "$work/init.py" 10.244.1.10 "$1"
        more=$(($(arrived) - before))
        [ $more = "$2" ] || [ $SECONDS -ge $end ] && break
        sleep 0.1
    done
    check "$3" "$more" "$2"
}
enforce "${objects[@]}"
sent 80 1 "without policies"
enforce "${objects[@]}" "$(policy p shop '{"podSelector":{"matchLabels":{"app":"db"}},"ingress":[{"ports":[{"protocol":"SCTP","port":80},{"protocol":"TCP","port":81}]}]}')"
sent 81 0 "a port of TCP"
sent 80 1 "the port of SCTP"
expect "which is none of TCP" guest tcp 10.244.1.10 80 denied
expect "while TCP has its own" guest tcp 10.244.1.10 81 db
finish
