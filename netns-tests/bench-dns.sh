#!/bin/bash
# dnsperf against skiff dns, unbound and dnsmasq, one after another in one namespace: answers per second, then the latency at a load of
# RATE (default 50000). Then the memory of `skiff dns` with MANY (default 30000) Services of two endpoints each, and how long CHANGES
# (default 200) changes take to be answered. SECONDS_EACH (default 5), SERVICES (default 1000), CLIENTS (default 8), THREADS (default 2).
# Needs dnsperf, and unbound and dnsmasq for scale. One line per server and load; "lost" must be 0.
set -u
cd "$(dirname "$0")" || exit 1
if [ -z "${IN_NAMESPACE:-}" ]; then
    IN_NAMESPACE=1 exec unshare --net --mount --pid --fork --mount-proc --propagation private bash "$PWD/bench-dns.sh" "$@"
fi
export PATH=$PATH:/usr/sbin:/sbin
SKIFF_BIN=${SKIFF_BIN:-$(cd .. && pwd)/.build/release}
seconds=${SECONDS_EACH:-5} services=${SERVICES:-1000} clients=${CLIENTS:-8} threads=${THREADS:-2} rate=${RATE:-50000}
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
ip link set lo up
command -v dnsperf >/dev/null || { echo "no dnsperf on this machine: apt-get install dnsperf dnsmasq-base unbound"; exit 77; }

python3 - "$services" "$work" <<'P'
import json, random, sys
count, work = int(sys.argv[1]), sys.argv[2]
random.seed(1)
items, zone, names = [], [], []
for i in range(count):
    address = f"10.{96 + i // 65536}.{i // 256 % 256}.{i % 256}"
    name = f"service-{i}.namespace-{i % 50}.svc.cluster.local"
    items.append({"apiVersion": "v1", "kind": "Service", "metadata": {"name": f"service-{i}", "namespace": f"namespace-{i % 50}"},
                  "spec": {"type": "ClusterIP", "clusterIP": address, "clusterIPs": [address],
                           "ports": [{"name": "http", "protocol": "TCP", "port": 80}]}})
    zone.append((name, address))
    names.append(name)
items.append({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "perf", "namespace": "namespace-1"},
              "spec": {"nodeName": "node1", "dnsPolicy": "ClusterFirst"}, "status": {"phase": "Running", "podIP": "127.0.0.1"}})
json.dump({"kind": "List", "items": items}, open(f"{work}/objects.json", "w"))
with open(f"{work}/unbound.conf", "w") as file:
    file.write(f'server:\n interface: 127.0.0.1\n port: 5302\n do-daemonize: no\n chroot: ""\n username: ""\n directory: "{work}"\n num-threads: 2\n'
               ' so-reuseport: yes\n use-syslog: no\n verbosity: 0\n access-control: 127.0.0.0/8 allow\n do-ip6: no\n'
               ' local-zone: "cluster.local." static\n')
    for name, address in zone:
        file.write(f' local-data: "{name}. 5 IN A {address}"\n')
with open(f"{work}/dnsmasq.hosts", "w") as file:
    for name, address in zone:
        file.write(f"{address} {name}\n")
with open(f"{work}/names", "w") as file:
    for _ in range(20000):
        file.write(f"{random.choice(names)} A\n")
with open(f"{work}/absent", "w") as file:
    for i in range(20000):
        file.write(f"absent-{random.randrange(5000)}.namespace-2.svc.cluster.local A\n")
with open(f"{work}/completed", "w") as file:
    for i in range(20000):
        file.write(f"host-{random.randrange(500)}.example.com.namespace-1.svc.cluster.local A\n")
P

python3 upstream.py 127.0.0.53 53 /dev/null &
"$SKIFF_BIN/skiff" dns --objects "$work/objects.json" --listen 127.0.0.1 --port 5301 --threads "$threads" --autopath \
    --upstreams 127.0.0.53 --metrics-address 127.0.0.1:9153 >"$work/skiff.log" 2>&1 &
skiff_pid=$!
servers=("skiff 5301")
if command -v unbound >/dev/null; then
    unbound -d -c "$work/unbound.conf" >"$work/unbound.log" 2>&1 &
    servers+=("unbound 5302")
fi
if command -v dnsmasq >/dev/null; then
    dnsmasq -k -p 5303 -a 127.0.0.1 -z --no-resolv --no-hosts -H "$work/dnsmasq.hosts" --user=root -x "$work/dnsmasq.pid" >"$work/dnsmasq.log" 2>&1 &
    servers+=("dnsmasq 5303")
fi
first=$(head -1 "$work/names" | cut -d' ' -f1)
for server in "${servers[@]}"; do
    for _ in $(seq 200); do
        dig @127.0.0.1 -p "${server#* }" +short +tries=1 +time=1 "$first" 2>/dev/null | grep -q . && break
        sleep 0.05
    done
done

# load SERVER PORT WHAT FILE [RATE]
load() {
    dnsperf -s 127.0.0.1 -p "$2" -d "$work/$4" -l "$seconds" -c "$clients" -T 2 -q 200 ${5:+-Q $5} ${5:+-v} >"$work/out" 2>&1
    python3 - "$1" "$3" "$work/out" <<'P'
import re, sys
name, what, file = sys.argv[1:4]
text = open(file).read()
def found(pattern, otherwise="-"):
    match = re.search(pattern, text)
    return match[1] if match else otherwise
# With -v each answer has a line that ends with its latency in seconds.
times = sorted(float(x) for x in re.findall(r"^> .* ([\d.]+)$", text, re.M))
p99 = f"{times[int(len(times) * 0.99)] * 1000:.2f}" if times else "-"
rate = float(found(r"Queries per second:\s*([\d.]+)", "0"))
average = float(found(r"Average Latency \(s\):\s*([\d.]+)", "0")) * 1000
lost, codes = found(r"Queries lost:\s*(\d+)"), found(r"Response codes:\s*(.*)")
print(f"{name:9}{what:34}{rate:12.0f} /s   average {average:8.3f} ms   p99 {p99:>6} ms   lost {lost}   {codes}")
P
}
echo "$services Services, $clients clients, $threads threads for skiff and 2 for unbound, $seconds s each, $(nproc) cores shared with dnsperf"
for server in "${servers[@]}"; do load $server "names, as fast as possible" names; done
for server in "${servers[@]}"; do load $server "names, $rate a second" names "$rate"; done
for server in "${servers[@]}"; do load $server "names that are not there" absent; done
load skiff 5301 "names elsewhere, search list" completed
python3 names_at_scale.py "$SKIFF_BIN/skiff" "${MANY:-30000}" 2 "${CHANGES:-200}"
awk '/VmRSS/ {printf "skiff    resident %d kB with '"$services"' Services\n", $2}' "/proc/$skiff_pid/status"
