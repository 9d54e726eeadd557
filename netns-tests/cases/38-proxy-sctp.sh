#!/bin/bash
# client 192.168.60.9 ── node ── 10.244.1.0/24 ── pod1 .2, pod2 .3
# Claim: SCTP has frontends of its own beside TCP on the same address and port.
. "$NETNS_TESTS/lib.sh"
topology
python3 -c "import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132)" 2>/dev/null || skip "this kernel has no SCTP"
in_host pod1 python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132); s.bind(('', 9999)); s.listen(); print('listens', flush=True)
while True:
    c, a = s.accept(); c.sendall(a[0].encode()); c.close()" >"$work/listens" &
wait_until "the server" grep -q listens "$work/listens"
list "$(service web 10.96.0.1 SCTP 80 0)" "$(slice web SCTP 9999 node1=10.244.1.2)" \
    "$(service other 10.96.0.1 TCP 80 0)" "$(slice other TCP 8080 node1=10.244.1.3)" | objects web
proxy_once web
sctp() { in_host "$1" python3 -c "
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132); s.settimeout(60); s.connect((sys.argv[1], 80)); print(s.recv(100).decode())" "$2"; }
check "pod2 over SCTP" "$(sctp pod2 10.96.0.1)" 10.244.1.3
check "client over SCTP" "$(sctp client 10.96.0.1)" 10.244.1.1
check "pod1 over TCP" "$(ask pod1 tcp 10.96.0.1 80)" "pod2 10.244.1.2"
finish
