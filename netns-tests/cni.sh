# Helpers for the cases of the network plugin, after lib.sh. A node is the case's own namespace, or a host made by new_host.

plugin=$SKIFF_BIN/skiff-cni
[ -x "$plugin" ] || skip "no program at $plugin; build first"
need ip python3 nsenter

prepare_nodes() {
    mount -t tmpfs none /run && mkdir -p /run/netns
    ip link set lo up
}

forwarding() { in_host "$1" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1; }

# network NODE JSON-LIST-OF-PREFIXES [MEMBERS]: the configuration that cni uses on that node.
network() { echo "{\"cniVersion\":\"1.1.0\",\"name\":\"skiff\",\"type\":\"skiff-cni\",\"podCIDRs\":$2${3:+,$3}}" >"$work/$1.conf"; }

# cni NODE COMMAND POD [INTERFACE]: what the plugin prints; its status is in $cni_status.
cni() {
    in_host "$1" env CNI_COMMAND="$2" CNI_CONTAINERID="$3" CNI_NETNS="/run/netns/$3" CNI_IFNAME="${4:-eth0}" CNI_PATH=/opt/cni/bin \
        ${CNI_ARGS:+CNI_ARGS="$CNI_ARGS"} "$plugin" <"$work/$1.conf"
}

# add_pod NODE POD: makes the pod's namespace and attaches it; its addresses are then in address4 and address6.
add_pod() {
    [ -e "/run/netns/$2" ] || ip netns add "$2"
    say skiff-cni ADD "$2"
    cni "$1" ADD "$2" >"$work/$2.result" || { fails=$((fails + 1)); echo "FAIL ADD $2: $(cat "$work/$2.result")"; return 1; }
}

# address POD 4|6
address() { python3 -c '
import ipaddress, json, sys
found = [ipaddress.ip_interface(ip["address"]).ip for ip in json.load(open(sys.argv[1]))["ips"]]
print(*[str(ip) for ip in found if str(ip.version) == sys.argv[2]])' "$work/$1.result" "$2"; }

host_link() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["interfaces"][0]["name"])' "$work/$1.result"; }

# serve POD: answers TCP and UDP of both families on port 8080 with the address that it saw.
serve() {
    in_host "$1" python3 - <<'PYTHON' &
import socket, socketserver, threading

def text(address):
    return address[0].replace("::ffff:", "").encode()

class TCP(socketserver.BaseRequestHandler):
    def handle(self): self.request.sendall(text(self.client_address))

class UDP(socketserver.BaseRequestHandler):
    def handle(self): self.request[1].sendto(text(self.client_address), self.client_address)

class TCPServer(socketserver.ThreadingTCPServer):
    address_family, allow_reuse_address, daemon_threads = socket.AF_INET6, True, True

class UDPServer(socketserver.UDPServer):
    address_family = socket.AF_INET6

tcp, udp = TCPServer(("::", 8080), TCP), UDPServer(("::", 8080), UDP)
threading.Thread(target=udp.serve_forever, daemon=True).start()
tcp.serve_forever()
PYTHON
    wait_until "the server in $1" served "$1"
}
served() { [ "$(seen "$1" tcp 127.0.0.1)" = 127.0.0.1 ]; }

# seen HOST tcp|udp ADDRESS [SOURCE]: the address that the server at ADDRESS saw, or none. A first packet may be lost; a second is not.
seen() {
    in_host "$1" python3 - "${@:2}" <<'PYTHON'
import socket, sys
kind, address, source = sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None
family = socket.AF_INET6 if ":" in address else socket.AF_INET
stream = kind == "tcp"

def answer():
    with socket.socket(family, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM) as client:
        client.settimeout(2.5)  # the kernel sends a second SYN after one second
        if source: client.bind((source, 0))
        client.connect((address, 8080))
        client.settimeout(60 if stream else 5)
        client.send(b"?")
        return client.recv(100).decode()

for last in ([True] if stream else [False, True]):
    try:
        print(answer())
        break
    except OSError:
        if last: print("none")
PYTHON
}
