# Helpers for cases that say the same of both families: . "$NETNS_TESTS/families.sh" after topology6.
# at HOST: its address in the family $family (4 or 6); the node's is that beside the client, far beside the remote host.
declare -A addresses=(
    [4.pod1]=10.244.1.2 [6.pod1]=fd00:10:1::2 [4.pod2]=10.244.1.3 [6.pod2]=fd00:10:1::3 [4.remote]=10.244.2.2 [6.remote]=fd00:10:2::2
    [4.client]=192.168.60.9 [6.client]=fd00:60::9 [4.node]=192.168.60.1 [6.node]=fd00:60::1 [4.far]=192.168.50.1 [6.far]=fd00:50::1
    [4.bridge]=10.244.1.1 [6.bridge]=fd00:10:1::1 [4.loopback]=127.0.0.1 [6.loopback]=::1
)
at() { echo "${addresses[$family.$1]}"; }
# vip NUMBER, outer NUMBER: a cluster IP, and an address from outside the cluster.
vip() { [ $family = 4 ] && echo "10.96.0.$1" || echo "fd00:96::$1"; }
outer() { [ $family = 4 ] && echo "172.16.9.$1" || echo "fd00:9::$1"; }
ranges=(--cluster-cidr 10.244.0.0/16,fd00:10::/32 --service-cidr 10.96.0.0/16,fd00:96::/112)

# object NAME NUMBER SPEC [STATUS]: a Service at cluster IP NUMBER of the family, its spec's other members and its status as JSON.
object() {
    printf '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "%s-%s", "namespace": "default"}, "spec": {"clusterIP": "%s", "clusterIPs": ["%s"], %s}, "status": {%s}}\n' \
        "$1" "$family" "$(vip "$2")" "$(vip "$2")" "$3" "${4:-}"
}
# port NUMBER [NODE-PORT [PROTOCOL [NAME]]]: one member of spec.ports.
port() { printf '{"name": "%s", "protocol": "%s", "port": %s, "nodePort": %s}' "${4:-}" "${3:-TCP}" "$1" "${2:-0}"; }
# ends NAME PORT HOST...: an EndpointSlice of NAME. HOST:not-ready, HOST:serving and HOST:ended are what their names say.
ends() { slice_ends "$1" 1 "{\"name\": \"\", \"protocol\": \"TCP\", \"port\": $2}" "${@:3}"; }
# slice_ends NAME SUFFIX PORTS HOST...: the same with any ports, as JSON.
slice_ends() {
    local name=$1 suffix=$2 ports=$3 list="" item conditions place
    shift 3
    for item in "$@"; do
        case ${item#*:} in
            not-ready) conditions='"ready": false, "serving": false, "terminating": false' ;;
            serving) conditions='"ready": false, "serving": true, "terminating": true' ;;
            ended) conditions='"ready": false, "serving": false, "terminating": true' ;;
            *) conditions='"ready": true, "serving": true, "terminating": false' ;;
        esac
        item=${item%%:*}
        [ "$item" = remote ] && place=node2 || place=node1
        list+="${list:+, }{\"addresses\": [\"$(at "$item")\"], \"nodeName\": \"$place\", \"conditions\": {$conditions}}"
    done
    printf '{"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "%s-%s-%s", "namespace": "default", "labels": {"kubernetes.io/service-name": "%s-%s"}}, "addressType": "IPv%s", "ports": [%s], "endpoints": [%s]}\n' \
        "$name" "$family" "$suffix" "$name" "$family" "$family" "$ports" "$list"
}
# proven WHAT ACTUAL EXPECTED: check, with the family in front.
proven() { check "IPv$family: $1" "$2" "$3"; }
# who HOST...: the same without the addresses that the endpoints saw.
who() { ask "$@" | sed 's/ [^,]*//g'; }

# silent WHAT HOST...: that nobody answers, which takes its time to tell; silence waits for all of them.
silent() { ask "${@:2}" >"$work/silent-$((++silences))" & silent_pids+=($!) silent_names+=("$1, IPv$family"); }
silences=0 silent_pids=() silent_names=()
silence() {
    wait "${silent_pids[@]}"
    local number
    for number in $(seq $silences); do
        # Whoever gives an address to nobody gets it back as unreachable.
        check "${silent_names[number - 1]}" "$(sed 's/unreachable/timeout/' "$work/silent-$number")" timeout
    done
    silences=0 silent_pids=() silent_names=()
}

# api_start: a server of live objects on this node's loopback. api_objects: standard input becomes its objects. api_faults JSON.
api_start() {
    need curl
    python3 "$NETNS_TESTS/live_objects.py" 7080 &
    api_pid=$!
    wait_until "the API server" curl -s -o /dev/null http://127.0.0.1:7080/asked
    printf '{"apiVersion": "v1", "kind": "Config", "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}], "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:7080"}}], "users": [{"name": "u", "user": {}}]}' >"$work/kubeconfig"
}
api_objects() { curl -s -o /dev/null -X PUT --data-binary @- http://127.0.0.1:7080/objects; }
api_faults() { curl -s -o /dev/null -X PUT --data-binary "$1" http://127.0.0.1:7080/faults; }
# api_asked KEY: how often.
api_asked() { curl -s http://127.0.0.1:7080/asked | python3 -c 'import json, sys; print(json.load(sys.stdin).get(sys.argv[1], 0))' "$1"; }
# live_proxy [FLAG...]: follows the live objects; its process is $proxy_pid.
live_proxy() {
    [ -x "$SKIFF_BIN/skiff" ] || skip "no program at $SKIFF_BIN/skiff; build first"
    say skiff proxy --kubeconfig FILE "$@"
    "$SKIFF_BIN/skiff" proxy --kubeconfig "$work/kubeconfig" --node-name node1 "${ranges[@]}" "$@" >>"$work/proxy.log" 2>&1 &
    proxy_pid=$!
}
prints() { local wanted=$1; shift; [ "$("$@")" = "$wanted" ]; }
# becomes WHAT EXPECTED COMMAND...: waits, at most a minute, until the command prints it, and counts as a check.
becomes() {
    local what=$1 expected=$2 until=$((SECONDS + 60)) actual
    shift 2
    while actual=$("$@"); [ "$actual" != "$expected" ] && [ $SECONDS -lt $until ]; do sleep 0.05; done
    check "$what" "$actual" "$expected"
}

# echo_server HOST PORT: gives back what it gets, for as long as the client stays.
echo_server() {
    in_host "$1" python3 -c '
import socketserver, sys
class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(100): self.request.sendall(data)
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads, address_family = True, True, 10
Server(("", int(sys.argv[1])), Echo).serve_forever()' "$2" &
    wait_until "an echo from $1" bash -c "[ -n \"\$(nsenter --net=/run/netns/$1 ss -Hltn 'sport = $2')\" ]"
}
# hold NAME HOST ADDRESS PORT: a connection to an echo server that stays open. held NAME: what comes back through it now.
hold() {
    in_host "$2" python3 -c '
import os, socket, sys, time
work, name, address, port = sys.argv[1:]
client = socket.create_connection((address, int(port)), 10)
open(f"{work}/{name}.connected", "w").close()
number = 0
while True:
    while not os.path.exists(f"{work}/{name}.ask{number}"): time.sleep(0.05)
    client.settimeout(10)
    try:
        client.sendall(b"still there")
        answer = client.recv(100).decode() or "closed"
    except OSError as error: answer = type(error).__name__
    with open(f"{work}/{name}.part", "w") as file: file.write(answer)
    os.rename(f"{work}/{name}.part", f"{work}/{name}.answer{number}")
    number += 1' "$work" "$1" "$3" "$4" &
    wait_until "the connection $1" test -e "$work/$1.connected"
}
held() {
    local number=0
    while [ -e "$work/$1.answer$number" ]; do number=$((number + 1)); done
    touch "$work/$1.ask$number"
    wait_until "an answer through $1" test -e "$work/$1.answer$number"
    cat "$work/$1.answer$number"
}
# steady NAME HOST ADDRESS PORT: connects again and again, at least twenty times, until steady_end NAME, which prints how many failed.
steady() {
    in_host "$2" python3 -c '
import os, socket, sys, time
work, name, address, port = sys.argv[1:]
good, bad = 0, []
while not os.path.exists(f"{work}/{name}.end") or good < 20 and not bad:
    try:
        with socket.create_connection((address, int(port)), 10) as client:
            client.settimeout(10)
            if client.recv(100): good += 1
            else: bad.append("closed")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    except OSError as error: bad.append(repr(error))
    if good == 1: open(f"{work}/{name}.begun", "w").close()
    time.sleep(0.002)
with open(f"{work}/{name}.part", "w") as file: print(len(bad), *sorted(set(bad)), file=file)
os.rename(f"{work}/{name}.part", f"{work}/{name}.result")' "$work" "$1" "$3" "$4" &
    wait_until "the first connection of $1" test -e "$work/$1.begun"
}
steady_end() {
    touch "$work/$1.end"
    wait_until "the end of $1" test -e "$work/$1.result"
    cat "$work/$1.result"
}
