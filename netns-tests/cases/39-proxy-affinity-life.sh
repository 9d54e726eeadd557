#!/bin/bash
# client 192.168.60.9, fd00:60::9 ── node ── 10.244.1.0/24, fd00:10:1::/64 ── pod1, pod2
#                                    └── remote, pod addresses 10.244.2.2, fd00:10:2::2
# Claim: in both families a client's time begins again with each connection and ends after it; when an endpoint leaves, its clients, however
# many, go to others without a failure, and everybody else stays; a restart forgets nobody. UDP clients stay too.
. "$NETNS_TESTS/lib.sh"
topology6
. "$NETNS_TESTS/families.sh"
state() { # SECONDS HOST...
    object web 1 "\"type\": \"NodePort\", \"sessionAffinity\": \"ClientIP\", \"sessionAffinityConfig\": {\"clientIP\": {\"timeoutSeconds\": $1}}, \"ports\": [$(port 80 30080 TCP), $(port 53 30053 UDP u)]"
    slice_ends web 1 '{"name": "", "protocol": "TCP", "port": 8080}, {"name": "u", "protocol": "UDP", "port": 8080}' "${@:2}"
}
world() { for family in 4 6; do "$@"; done | { mapfile -t lines; list "${lines[@]}"; } | objects web; }
table() { echo "ip$([ $family = 6 ] && echo 6) skiff-proxy"; }
for number in $(seq 100 199); do
    in_host client ip addr add 192.168.60.$number/24 dev eth0
    in_host client ip addr add fd00:60::$number/64 dev eth0 nodad
done
# clients: where each of a hundred addresses ends up, at the cluster IP and the node port, as "ADDRESS NAME" lines; a failure is no name.
clients() {
    in_host client python3 -c '
import socket, sys
for number in range(100, 200):
    source = sys.argv[3] + str(number)
    for address, port in ((sys.argv[1], 80), (sys.argv[2], 30080)):
        with socket.socket(socket.AF_INET6 if ":" in source else socket.AF_INET) as client:
            client.settimeout(10); client.bind((source, 0))
            try: client.connect((address, port)); answer = client.recv(99).decode().split()[0]
            except OSError as error: answer = type(error).__name__
            print(source, port, answer)' "$(vip 1)" "$(at node)" "$([ $family = 4 ] && echo 192.168.60. || echo fd00:60::)"
}
world state 7200 pod1 pod2 remote
proxy_once web "${ranges[@]}"
for family in 4 6; do clients >"$work/first$family"; clients >"$work/second$family"; done
proxy_once web "${ranges[@]}"
for family in 4 6; do
    clients >"$work/third$family"
    proven "different clients spread" "$(cut -d' ' -f3 "$work/first$family" | sort -u | tr '\n' ' ')" "pod1 pod2 remote "
    proven "each stays where it was" "$(cmp "$work/first$family" "$work/second$family" && echo yes)" yes
    proven "after a restart too" "$(cmp "$work/first$family" "$work/third$family" && echo yes)" yes
    # One name, and not a list of them, `refused` or `timeout`.
    proven "over UDP" "$(ask client udp "$(vip 1)" 53 20 | grep -cE '^(pod1|pod2|remote) [^,]*$')" 1
    proven "from the node" "$(ask node tcp "$(vip 1)" 80 20 | grep -cE '^(pod1|pod2|remote) [^,]*$')" 1
done
world state 7200 pod1 pod2
proxy_once web "${ranges[@]}"
for family in 4 6; do
    clients >"$work/after$family"
    proven "its endpoint left: nobody fails, nobody goes there" "$(cut -d' ' -f3 "$work/after$family" | sort -u | tr '\n' ' ')" "pod1 pod2 "
    proven "everybody else stays" "$(paste -d' ' "$work/first$family" "$work/after$family" | awk '$3 != "remote" && $3 != $6' | wc -l)" 0
    proven "and stays from here on" "$(clients | cmp - "$work/after$family" && echo yes)" yes
    proven "how many can be remembered" "$(nft list map $(table) affinity | grep -o 'size [0-9]*' | awk '{ print ($2 > 65535) ? "many" : $2 }')" many
done

# Seconds until the only client is forgotten; 0: it is.
left() { nft list map $(table) affinity | grep -oE 'expires ([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?' | python3 -c '
import math, re, sys
units = {"h": 3600, "m": 60, "s": 1, "ms": 0.001}
times = [sum(float(n) * units[u] for n, u in re.findall(r"(\d+)(ms|h|m|s)", line)) for line in sys.stdin]
print(math.ceil(max(times, default=0)))'; }
"$SKIFF_BIN/skiff" proxy --cleanup
world state 600 pod1 pod2 remote
proxy_once web "${ranges[@]}"
for family in 4 6; do
    first=$(ask client tcp "$(vip 1)" 80)
    down() { [ "$(left)" -le 595 ]; }
    wait_until "IPv$family: some of its time has passed" down
    before=$(left)
    proven "the same endpoint" "$(ask client tcp "$(vip 1)" 80)" "$first"
    proven "its time began again" "$([ "$(left)" -gt "$before" ] && echo yes)" yes
done
"$SKIFF_BIN/skiff" proxy --cleanup
world state 2 pod1 pod2 remote
proxy_once web "${ranges[@]}"
for family in 4 6; do
    ask client tcp "$(vip 1)" 80 >/dev/null
    becomes "IPv$family: it is forgotten after its time" 0 left
    draws() { ask client tcp "$(vip 1)" 80 >>"$work/drawn$family"; [ "$(cut -d' ' -f1 "$work/drawn$family" | sort -u | wc -l)" -ge 2 ]; }
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do draws && break; wait_until "IPv$family: forgotten again" prints 0 left; done
    proven "and draws anew then" "$(draws && echo yes)" yes
done
finish
