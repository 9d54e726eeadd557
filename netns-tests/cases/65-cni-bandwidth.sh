#!/bin/bash
# node ── limited, free
# Claim: a pod receives and sends as fast as it may and no faster, measured with Debian's bandwidth plugin's measure beside it; links
# and queues go with the pod.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
need tc
PYTHONPATH=$NETNS_TESTS exec python3 - <<'PYTHON'
import time
from cnitest import *

prepare()
RATE, BURST = 40_000_000, 400_000


def measured(source, target, address):
    """Bits per second that TCP carries from one pod to another, after the burst."""
    sink = """
import socket, sys, time
s = socket.socket(); s.bind(("0.0.0.0", 5001)); s.listen(); print("ready", flush=True)
c, _ = s.accept(); start, got = None, 0
while True:
    piece = c.recv(1 << 20)
    if not piece: break
    now = time.time()
    if start is None: begin = now; start = 0
    if now - begin > 0.3:
        if not start: start = now; got = 0
        else: got += len(piece)
        end = now
print(int(got * 8 / (end - start)))
"""
    flood = """
import socket, sys, time
s = socket.create_connection((sys.argv[1], 5001)); end = time.time() + 2
while time.time() < end: s.sendall(b"x" * 65536)
"""
    server = subprocess.Popen(["nsenter", f"--net=/run/netns/{target}", "python3", "-c", sink], stdout=subprocess.PIPE, text=True)
    server.stdout.readline()
    subprocess.run(["nsenter", f"--net=/run/netns/{source}", "python3", "-c", flood, address], check=True)
    result = int(server.stdout.read())
    server.wait()
    return result


def within(what, rate, expected):
    holds(f"{what}: {rate / 1e6:.1f} of {expected / 1e6:.0f} Mbit/s", 0.85 * expected < rate < 1.08 * expected)


free = add(configuration(mtu=1500), id="free").addresses(4)[0]
limits = {"ingressRate": RATE, "ingressBurst": BURST, "egressRate": RATE // 2, "egressBurst": BURST}
for what, members in [("by the runtime", {"runtimeConfig": {"bandwidth": limits}}),
                      ("in containerd's spelling", {"runtimeConfig": {"bandwidth": {k[0].upper() + k[1:]: v for k, v in limits.items()}}}),
                      ("by the configuration", limits)]:
    conf = configuration(mtu=1500, **members)
    answer = add(conf, id="limited")
    check(f"limited {what}", (answer.code, answer.text if answer.status else ""), (0, ""))
    queues = sorted(line.split()[1] for line in run("tc", "qdisc").splitlines() if "tbf" in line or "ingress" in line)
    check("  queues", queues, ["ingress", "tbf", "tbf"])
    if "containerd" not in what:
        within("  receives", measured("free", "limited", answer.addresses(4)[0]), RATE)
        within("  sends", measured("limited", "free", free), RATE // 2)
    check("  CHECK", call("CHECK", conf | {"prevResult": answer.json}, id="limited").code, 0)
    check("  DEL", (delete(conf, id="limited").code, [l for l in links() if l.startswith("si")], len(links())), (0, [], 1))
one = configuration(mtu=1500, runtimeConfig={"bandwidth": {"ingressRate": RATE, "ingressBurst": BURST}})
check("one direction needs no detour", (add(one, id="limited").code, [l for l in links() if l.startswith("si")], delete(one, id="limited").code), (0, [], 0))
huge = {"bandwidth": {"IngressRate": 10 ** 11, "IngressBurst": 4294967295, "EgressRate": 10 ** 11, "EgressBurst": 4294967295}}
answer = add(configuration(mtu=1500, runtimeConfig=huge), id="limited")
check("a hundred Gbit/s with containerd's burst", (answer.code, "100Gbit" in run("tc", "qdisc")), (0, True))
drop("limited")
wait_until("the host's end to go", lambda: len([l for l in links() if l.startswith("sk")]) == 1)
check("a namespace that ends leaves the detour", len([l for l in links() if l.startswith("si")]), 1)
check("  a late DEL removes it", (delete(id="limited", netns="").code, [l for l in links() if l.startswith("si")]), (0, []))

if os.path.exists(f"{REFERENCE}/bandwidth"):
    pod("reference")
    chain = Chain("reference", [{"type": "skiff-cni", "podCIDRs": ["10.9.0.0/24"], "mtu": 1500}, {"type": "bandwidth", "capabilities": {"bandwidth": True}}])
    answer = chain.add("reference", bandwidth=limits)
    address = [ip["address"].split("/")[0] for ip in answer.json["ips"]][0]
    within("Debian's plugin: receives", measured("free", "reference", address), RATE)
    within("  sends", measured("reference", "free", free), RATE // 2)
    theirs = sorted(" ".join(line.split()[5:]) for line in run("tc", "qdisc").splitlines() if "tbf" in line)
    chain.delete("reference", bandwidth=limits)
    conf = configuration(mtu=1500, runtimeConfig={"bandwidth": limits})
    add(conf, id="limited")
    ours = sorted(" ".join(line.split()[5:]) for line in run("tc", "qdisc").splitlines() if "tbf" in line)
    check("the same buckets as Debian's", ours, theirs)
finish()
PYTHON
