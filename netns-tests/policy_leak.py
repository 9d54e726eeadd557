"""Pods that speak before anybody has heard of them: policy_leak.py PODS.

Pods are attached by the plugin, as a container runtime does it, while something inside sends to a forbidden port as fast as it can:
from before there is an interface until well after the policy stands. Nothing of that may arrive.
"""
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

from policy_wire import *

pods = int(sys.argv[1])
work = tempfile.mkdtemp()
FORBIDDEN, ALLOWED, OPEN = 8080, 8081, 8082
prepare()
server.start()
node = Host()
configuration = json.dumps({"cniVersion": "1.1.0", "name": "skiff", "type": "skiff-cni", "podCIDRs": ["10.244.0.0/19", "fd00:1::/64"]})


def attach(name, namespace):
    """ADD, as containerd calls it; the addresses that the pod got."""
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "CNI_COMMAND": "ADD", "CNI_CONTAINERID": name, "CNI_NETNS": f"/run/netns/{name}",
                   "CNI_IFNAME": "eth0", "CNI_PATH": "/opt/cni/bin",
                   "CNI_ARGS": f"IgnoreUnknown=1;K8S_POD_NAMESPACE={namespace};K8S_POD_NAME={name};K8S_POD_UID=uid-{name};K8S_POD_INFRA_CONTAINER_ID={name}"}
    done = subprocess.run([os.environ["SKIFF_BIN"] + "/skiff-cni"], input=configuration, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    return [ip["address"].split("/")[0] for ip in json.loads(done.stdout)["ips"]]


def pod(name, namespace, labels, addresses=()):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, "uid": f"uid-{name}", "labels": labels},
            "spec": {"nodeName": "node1", "containers": [{"name": "c", "image": "i"}]},
            "status": {"phase": "Running" if addresses else "Pending", "podIPs": [{"ip": a} for a in addresses]}}


def write(objects):
    with open(work + "/objects.new", "w") as file:
        json.dump({"kind": "List", "items": objects}, file)
    os.rename(work + "/objects.new", work + "/objects.json")


class Hammer(threading.Thread):
    """Sends to the forbidden port over everything, without waiting for anything."""

    def __init__(self, host, targets):
        super().__init__(daemon=True)
        self.host, self.targets, self.sent, self.ends = host, targets, 0, False

    def run(self):
        families = [(target, socket.AF_INET6 if ":" in target else socket.AF_INET) for target in self.targets]
        datagrams = [(self.host.socket(family, socket.SOCK_DGRAM), target) for target, family in families]
        streams = []
        while not self.ends:
            for each, target in datagrams:
                try:
                    each.sendto(b"leak", (target, FORBIDDEN))
                    self.sent += 1
                except OSError:
                    pass
            if self.sent % 20 == 0 and len(streams) < 40:
                for target, family in families:
                    stream = self.host.socket(family, socket.SOCK_STREAM)
                    try:
                        stream.connect((target, FORBIDDEN))
                    except OSError:
                        pass
                    streams.append(stream)
        for each in streams + [each for each, _ in datagrams]:
            each.close()


def hammered(name, namespace, targets, until=None):
    """Attaches a pod under fire, which goes on until a condition holds, or for a moment. Its addresses, and how much it sent."""
    host = Host(name)
    hammer = Hammer(host, targets)
    hammer.start()
    addresses = attach(name, namespace)
    # The first instruction of the container comes now; the fire has gone on all the time.
    if until:
        wait_until(f"what {name} sends", until)
    else:
        time.sleep(0.02)
    hammer.ends = True
    hammer.join()
    return host, addresses, hammer.sent


def arrived(port):
    """Packets for a port that reached the server's own network, in both families."""
    text = subprocess.run(["ip", "netns", "exec", "db", "nft", "-j", "list", "table", "inet", "count"], capture_output=True, text=True, check=True).stdout
    rules = [entry["rule"] for entry in json.loads(text)["nftables"] if "rule" in entry]
    return sum(expression["counter"]["packets"] for rule in rules if any(e.get("match", {}).get("right") == port for e in rule["expr"])
               for expression in rule["expr"] if "counter" in expression)


db = Host("db")
targets = attach("db", "other")
db.serve(FORBIDDEN, ALLOWED, OPEN)
subprocess.run(["ip", "netns", "exec", "db", "nft", "-f", "-"], check=True, text=True, input="table inet count { chain in { type filter hook input priority 0;"
               + "".join(f"th dport {port} counter;" for port in (FORBIDDEN, OPEN)) + "}; }")
# What every pod may: the open port of the server, and nobody to reach it.
deny = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "deny", "namespace": "shop"},
        "spec": {"podSelector": {"matchLabels": {"app": "new"}}, "policyTypes": ["Ingress", "Egress"],
                 "egress": [{"to": [{"namespaceSelector": {}}], "ports": [{"port": ALLOWED}]}]}}
base = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": n}} for n in ("shop", "other")]
base += [pod("db", "other", {"app": "db"}, targets), deny]
# Half of the pods are known before their network, as the agent knows those that are bound to its node; the other half come later.
early = [pod(f"early{n}", "shop", {"app": "new"}) for n in range(pods // 2)]
write(base + early + [pod("control", "shop", {"app": "free"})])
log = open(work + "/policy.log", "w")
enforcer = subprocess.Popen([os.environ["SKIFF_BIN"] + "/skiff", "policy", "--objects", work + "/objects.json", "--node-name", "node1"],
                            stdout=log, stderr=subprocess.STDOUT)
wait_until("the first sync", lambda: "synced policies" in open(work + "/policy.log").read())

def syncs():
    """How many took at most so long, by the limit in seconds."""
    probe = Probe(node, None, "127.0.0.1", "tcp", 10251).socket
    probe.setblocking(True)
    probe.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    text = b"".join(iter(lambda: probe.recv(65536), b"")).decode()
    return [(line.split('"')[1], float(line.split()[-1])) for line in text.splitlines() if line.startswith("skiff_policy_sync_seconds_bucket")]


before = dict(syncs())
# The same fire from a pod that no policy selects does arrive: what is counted below can be counted.
hammered("control", "shop", targets, until=lambda: arrived(FORBIDDEN) > 0)
control = arrived(FORBIDDEN)
check("packets of a pod without policies arrive", control > 0, True)

begin, sent, hosts, known = time.monotonic(), 0, [], []
for number in range(pods):
    name = f"early{number // 2}" if number % 2 == 0 else f"late{number // 2}"
    host, addresses, count = hammered(name, "shop", targets)
    sent += count
    hosts.append((name, host, addresses))
    known.append(pod(name, "shop", {"app": "new"}, addresses))
print(f"     {pods} pods attached in {time.monotonic() - begin:.1f} s, {sent} datagrams sent to the forbidden port", flush=True)
check("packets that leaked", arrived(FORBIDDEN) - control, 0)
write(base + known)


def all_reach(port, expected):
    """Pods whose answer from a port differs."""
    wrong = []
    for batch in range(0, len(hosts), 100):
        asked = [(name, Probe(host, None, targets[0], "tcp", port)) for name, host, _ in hosts[batch:batch + 100]]
        answers = reach([probe for _, probe in asked], [expected] * len(asked))
        wrong += [name for (name, _), answer in zip(asked, answers) if answer != expected]
    return wrong


wait_until("every pod to have what its policy allows", lambda: all_reach(ALLOWED, True) == [])
check("pods that do not reach the allowed port", all_reach(ALLOWED, True), [])
check("pods that reach the forbidden port", all_reach(FORBIDDEN, False), [])
check("packets that leaked in all of it", arrived(FORBIDDEN) - control, 0)
found = [(limit, count - before.get(limit, 0)) for limit, count in syncs()]
total = found[-1][1]
at = lambda part: next(limit for limit, count in found if count >= part * total)
print(f"     {total:.0f} syncs of changes; from a change's arrival to the rules in force: p50 at most {at(0.5)} s, p99 at most {at(0.99)} s", flush=True)
check("every change was written", total > 0, True)
finish()
