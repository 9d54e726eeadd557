#!/bin/bash
# client 192.168.60.9, fd00:60::9 ── node ── 10.244.1.0/24, fd00:10:1::/64 ── pod1, pod2
#                                    └── remote, pod addresses 10.244.2.2, fd00:10:2::2
# Claim: every way into a Service, with its policies and source ranges, is the same over IPv4 and IPv6.
. "$NETNS_TESTS/lib.sh"
topology6
. "$NETNS_TESTS/families.sh"
in_host remote python3 "$NETNS_TESTS/answer.py" remote 9090 &
python3 "$NETNS_TESTS/answer.py" node 8081 &
ingress() { printf '"loadBalancer": {"ingress": [%s]}' "$1"; }
balanced='"type": "LoadBalancer", "externalTrafficPolicy"'
items=()
for family in 4 6; do
    length=$([ $family = 4 ] && echo 32 || echo 128) everybody=$([ $family = 4 ] && echo 0.0.0.0/0 || echo ::/0)
    foreign=$([ $family = 4 ] && echo fd00::/8 || echo 10.0.0.0/8) stranger=$([ $family = 4 ] && echo 198.51.100.0/24 || echo 2001:db8::/32)
    items+=(
        "$(object web 1 "$balanced: \"Cluster\", \"externalIPs\": [\"$(outer 1)\"], \"ports\": [$(port 80 30080 TCP a), $(port 53 30080 UDP u)]" \
            "$(ingress "{\"ip\": \"$(outer 2)\"}, {\"ip\": \"$(outer 3)\", \"ipMode\": \"Proxy\"}, {\"hostname\": \"lb.example.org\"}")")"
        "$(slice_ends web 1 '{"name": "a", "protocol": "TCP", "port": 8080}, {"name": "u", "protocol": "UDP", "port": 8080}' pod1)"
        "$(slice_ends web 2 '{"name": "a", "protocol": "TCP", "port": 9090}' remote)"
        "$(object bare 2 "$balanced: \"Cluster\", \"allocateLoadBalancerNodePorts\": false, \"ports\": [$(port 80)]" "$(ingress "{\"ip\": \"$(outer 4)\"}")")"
        "$(ends bare 8080 pod2)"
        "$(object near 3 "\"type\": \"NodePort\", \"internalTrafficPolicy\": \"Local\", \"ports\": [$(port 80 30082)]")" "$(ends near 8080 remote)"
        "$(object nearer 4 "\"type\": \"ClusterIP\", \"internalTrafficPolicy\": \"Local\", \"ports\": [$(port 80)]")" "$(ends nearer 8080 pod1 remote)"
        "$(object edge 5 "$balanced: \"Local\", \"externalIPs\": [\"$(outer 9)\"], \"ports\": [$(port 80 30083)]" "$(ingress "{\"ip\": \"$(outer 5)\"}")")"
        "$(ends edge 8080 pod1 remote)"
        "$(object far 6 "$balanced: \"Local\", \"ports\": [$(port 80 30084)]" "$(ingress "{\"ip\": \"$(outer 6)\"}")")" "$(ends far 8080 remote)"
        "$(object guarded 7 "$balanced: \"Cluster\", \"loadBalancerSourceRanges\": [\" $(at client)/$length \", \"$stranger\", \"$foreign\"], \"ports\": [$(port 80 30085)]" \
            "$(ingress "{\"ip\": \"$(outer 7)\"}")")" "$(ends guarded 8080 pod1)"
        "$(object open 8 "$balanced: \"Cluster\", \"loadBalancerSourceRanges\": [\"$stranger\", \"$everybody\"], \"ports\": [$(port 80)]" \
            "$(ingress "{\"ip\": \"$(outer 8)\"}")")" "$(ends open 8080 pod1)"
        "$(object alien 9 "$balanced: \"Cluster\", \"loadBalancerSourceRanges\": [\"$foreign\"], \"ports\": [$(port 80)]" \
            "$(ingress "{\"ip\": \"$(outer 10)\"}")")" "$(ends alien 8080 pod1)"
        "$(object itself 10 "$balanced: \"Cluster\", \"loadBalancerSourceRanges\": [\"$(at node)/$length\"], \"ports\": [$(port 80)]" \
            "$(ingress "{\"ip\": \"$(outer 11)\"}")")" "$(ends itself 8080 pod1)"
        "$(object shut 11 "$balanced: \"Cluster\", \"loadBalancerSourceRanges\": [\"$stranger\"], \"ports\": [$(port 80)]" \
            "$(ingress "{\"ip\": \"$(outer 12)\"}")")" "$(ends shut 8080 pod1)"
        "$(object host 12 "\"type\": \"ClusterIP\", \"ports\": [$(port 80)]")" "$(ends host 8081 node)"
        "$(object none 13 "\"type\": \"NodePort\", \"externalIPs\": [\"$(outer 13)\"], \"ports\": [$(port 80 30090), $(port 53 30091 UDP u)]")"
        "$(object early 14 "\"type\": \"ClusterIP\", \"publishNotReadyAddresses\": true, \"ports\": [$(port 80)]")" "$(ends early 8080 pod1 remote:serving pod2:ended)"
        "$(object late 15 "\"type\": \"NodePort\", \"externalTrafficPolicy\": \"Local\", \"ports\": [$(port 80 30092)]")" "$(ends late 8080 pod1:serving remote)"
        "$(object last 16 "\"type\": \"ClusterIP\", \"ports\": [$(port 80)]")" "$(ends last 8080 pod1:not-ready pod2:ended remote:serving)"
        "$(object over 17 "\"type\": \"ClusterIP\", \"ports\": [$(port 80)]")" "$(ends over 8080 pod1:not-ready pod2:ended)"
        "$(object twice 18 "\"type\": \"ClusterIP\", \"ports\": [$(port 80)]")" "$(ends twice 8080 pod1:serving pod2)"
        "$(slice_ends twice 2 '{"name": "", "protocol": "TCP", "port": 8080}, {"name": "none", "protocol": "TCP", "port": null}' pod1 pod2:ended)"
    )
done
items+=("{\"apiVersion\": \"v1\", \"kind\": \"Node\", \"metadata\": {\"name\": \"node1\"}, \"spec\": {}, \"status\": {\"addresses\": [{\"type\": \"InternalIP\", \"address\": \"192.168.60.1\"}, {\"type\": \"InternalIP\", \"address\": \"fd00:60::1\"}]}}")
list "${items[@]}" | objects web
proxy_once web "${ranges[@]}" --nodeport-addresses 0.0.0.0/0,::/0
for family in 4 6; do
    for number in 11 12; do ip -$family addr add "$(outer $number)/$([ $family = 4 ] && echo 32 || echo 128)" dev lo; done
    bridge=$(at bridge) far=$(at far)
    proven "a port by its name in each slice" "$(ask pod2 tcp "$(vip 1)" 80 40)" "pod1 $(at pod2),remote $(at pod2)"
    proven "UDP beside it" "$(ask pod2 udp "$(vip 1)" 53 20)" "pod1 $(at pod2)"
    proven "ports do not leak: TCP of the UDP port" "$(ask pod2 tcp "$(vip 1)" 53)" refused
    proven "ports do not leak: UDP of the TCP port" "$(ask pod2 udp "$(vip 1)" 80)" refused
    proven "the pods' port is none of the Service's" "$(ask pod2 tcp "$(vip 1)" 8080)" refused
    proven "the node itself" "$(who node tcp "$(vip 1)" 80 40)" pod1,remote
    proven "the node itself over UDP" "$(who node udp "$(vip 1)" 53 5)" pod1
    proven "a client over UDP" "$(ask client udp "$(vip 1)" 53 5)" "pod1 $bridge"
    proven "an endpoint in the node's network, from a pod" "$(ask pod1 tcp "$(vip 12)" 80 3)" "node $(at pod1)"
    proven "from the client" "$(who client tcp "$(vip 12)" 80 3)" node
    proven "from the node" "$(who node tcp "$(vip 12)" 80 3)" node
    for address in node far bridge; do
        proven "node port at the address $address" "$(ask client tcp "$(at $address)" 30080 40)" "pod1 $bridge,remote $far"
    done
    proven "the same number over UDP is another port" "$(ask client udp "$(at node)" 30080 10)" "pod1 $bridge"
    proven "not at loopback" "$(ask node tcp "$(at loopback)" 30080)" refused
    proven "not at other addresses" "$(ask client tcp "$(at remote)" 30080)" refused
    proven "external address" "$(ask client tcp "$(outer 1)" 80 40)" "pod1 $bridge,remote $far"
    proven "external address, from a pod" "$(who pod2 tcp "$(outer 1)" 80 40)" pod1,remote
    proven "load balancer address" "$(ask client tcp "$(outer 2)" 80 40)" "pod1 $bridge,remote $far"
    silent "of mode Proxy it is not ours" client tcp "$(outer 3)" 80
    proven "without node ports" "$(ask client tcp "$(outer 4)" 80 3)" "pod2 $bridge"
    silent "internal policy Local without an endpoint here" pod1 tcp "$(vip 3)" 80
    proven "its node port" "$(ask client tcp "$(at node)" 30082 3)" "remote $far"
    proven "internal policy Local" "$(ask pod2 tcp "$(vip 4)" 80 20)" "pod1 $(at pod2)"
    for address in "$(outer 5)" "$(outer 9)"; do
        proven "external policy Local, client" "$(ask client tcp "$address" 80 20)" "pod1 $(at client)"
        proven "external policy Local, pod" "$(ask pod2 tcp "$address" 80 40)" "pod1 $(at pod2),remote $(at pod2)"
        proven "external policy Local, node" "$(ask node tcp "$address" 80 40)" "pod1 $bridge,remote $far"
    done
    silent "external policy Local, nothing here: client" client tcp "$(outer 6)" 80
    proven "external policy Local, nothing here: pod" "$(ask pod2 tcp "$(outer 6)" 80 3)" "remote $(at pod2)"
    proven "external policy Local, nothing here: node" "$(ask node tcp "$(outer 6)" 80 3)" "remote $far"
    proven "source ranges, within" "$(ask client tcp "$(outer 7)" 80)" "pod1 $bridge"
    silent "source ranges, outside" pod2 tcp "$(outer 7)" 80
    proven "source ranges and the cluster IP" "$(ask pod2 tcp "$(vip 7)" 80)" "pod1 $(at pod2)"
    proven "source ranges and the node port" "$(ask pod2 tcp "$(at node)" 30085)" "pod1 $bridge"
    proven "a range of length 0" "$(ask client tcp "$(outer 8)" 80)" "pod1 $bridge"
    proven "ranges of the other family alone" "$(ask client tcp "$(outer 10)" 80)" "pod1 $bridge"
    proven "an address that uses itself through a node that is let in" "$(who node tcp "$(outer 11)" 80)" pod1
    silent "and one that is not" node tcp "$(outer 12)" 80
    proven "no endpoints: cluster IP, TCP" "$(ask pod1 tcp "$(vip 13)" 80)" refused
    proven "no endpoints: cluster IP, UDP" "$(ask pod1 udp "$(vip 13)" 53)" refused
    proven "no endpoints: node, UDP" "$(ask node udp "$(vip 13)" 53)" refused
    proven "no endpoints: external address" "$(ask client tcp "$(outer 13)" 80)" refused
    proven "no endpoints: node port, TCP" "$(ask client tcp "$(at node)" 30090)" refused
    proven "no endpoints: node port, UDP" "$(ask client udp "$(at node)" 30091)" refused
    proven "what ends is left alone beside what is ready" "$(ask pod2 tcp "$(vip 14)" 80 20)" "pod1 $(at pod2)"
    proven "what ends but serves is the last resort on this node" "$(ask client tcp "$(at node)" 30092 10)" "pod1 $(at client)"
    proven "while the cluster has a ready one" "$(ask pod2 tcp "$(vip 15)" 80 20)" "remote $(at pod2)"
    proven "what ends but serves is the last resort" "$(ask pod2 tcp "$(vip 16)" 80 20)" "remote $(at pod2)"
    proven "what does not serve is none" "$(ask pod2 tcp "$(vip 17)" 80)" refused
    proven "an endpoint in two slices" "$(ask remote tcp "$(vip 18)" 80 40)" "pod1 $(at remote),pod2 $(at remote)"
done
silence

# Marks of others pass through; ours is set and cleared within one packet.
nft -f - <<'N'
table inet foreign {
    chain before { type filter hook prerouting priority -150; iifname "vclient" meta mark set 0x00ab0300; }
    chain after {
        type filter hook postrouting priority 150;
        iifname "vclient" meta mark 0x00ab0300 counter comment "kept"
        iifname "vclient" meta mark != 0x00ab0300 counter comment "changed"
    }
}
N
for family in 4 6; do ask client tcp "$(vip 1)" 80 5 >/dev/null; ask client tcp "$(at node)" 30083 5 >/dev/null; done
counted() { nft list chain inet foreign after | grep "\"$1\"" | grep -o 'packets [0-9]*' | cut -d' ' -f2; }
check "packets whose mark changed" "$(counted changed)" 0
check "packets were counted" "$([ "$(counted kept)" -ge 20 ] && echo yes)" yes

# Two clients with one source port: the node gives each a port of its own, drawn at random.
in_host pod1 python3 -c '
import socket
server = socket.create_server(("", 7070), family=socket.AF_INET6, dualstack_ipv6=True)
while True:
    connection, peer = server.accept()
    connection.sendall(str(peer[1]).encode()); connection.close()' &
wait_until "the server of ports" bash -c "[ -n \"\$(nsenter --net=/run/netns/pod1 ss -Hltn 'sport = 7070')\" ]"
for family in 4 6; do
    list "$(object web 1 "\"type\": \"NodePort\", \"ports\": [$(port 80 30080)]")" "$(ends web 7070 pod1)" | objects one-$family
done
for family in 4 6; do
    proxy_once one-$family "${ranges[@]}"
    length=$([ $family = 4 ] && echo 24 || echo 64) more=$([ $family = 4 ] && echo 192.168.60. || echo fd00:60::)
    for number in 21 22 23 24; do in_host client ip addr add "$more$number/$length" dev eth0 $([ $family = 6 ] && echo nodad); done
    seen() {
        in_host client python3 -c '
import socket, sys
ports, held = [], []
for source in sys.argv[2:]:
    client = socket.socket(socket.AF_INET6 if ":" in source else socket.AF_INET); client.settimeout(5)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); client.bind((source, 5555)); client.connect((sys.argv[1], 30080)); ports.append(client.recv(100)); held.append(client)
print(len(set(ports)), ports.count(b"5555") < 2)' "$(at node)" "${more}21" "${more}22" "${more}23" "${more}24"
    }
    proven "four clients with one port: ports that the pod sees, others than theirs" "$(seen)" "4 True"
done
finish
