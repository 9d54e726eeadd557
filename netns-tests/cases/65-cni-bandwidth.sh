#!/bin/bash
# node ── limited, free
# Claim: a pod receives and sends through token buckets that never let more pass than they may, whoever asked for them and in whatever
# spelling; they are those of Debian's bandwidth plugin; links and queues go with the pod.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
need tc
PYTHONPATH=$NETNS_TESTS exec python3 - <<'PYTHON'
from cnitest import *

prepare()
RATE, BURST = 40_000_000, 400_000
AMOUNT = 2_500_000
SINK = """
import socket
s = socket.socket(); s.bind(("0.0.0.0", 5001)); s.listen(); print("ready", flush=True)
c, _ = s.accept(); got = 0
while piece := c.recv(1 << 20): got += len(piece)
print(got)
"""
FLOOD = """
import socket, sys
s = socket.create_connection((sys.argv[1], 5001)); s.sendall(b"x" * int(sys.argv[2]))
"""


def buckets():
    """The counters of each token bucket on the host, by the name of its link."""
    shown = json.loads(run("tc", "-j", "-s", "qdisc"))
    return {one["dev"]: one for one in shown if one["kind"] == "tbf"}


def transfer(what, source, target, address, rate):
    """Sends more than the burst from one pod to another. What a bucket let pass is never more than the burst and what the time brought:
    the clock is read outside of the counters, so that a slow machine can only make that more."""
    server = subprocess.Popen(["nsenter", f"--net=/run/netns/{target}", "python3", "-c", SINK], stdout=subprocess.PIPE, text=True)
    server.stdout.readline()
    begin, before = time.monotonic(), buckets()
    run("python3", "-c", FLOOD, address, str(AMOUNT), netns=source)
    got = int(server.stdout.read())
    server.wait()
    after, seconds = buckets(), time.monotonic() - begin
    passed, device = max((after[name]["bytes"] - before[name]["bytes"], name) for name in after)
    most = BURST / 8 + 1.02 * rate / 8 * seconds
    print(f"     {what}: {8 * passed / seconds / 1e6:.1f} of {rate / 1e6:.0f} Mbit/s")
    check(f"{what}: everything arrives", got, AMOUNT)
    holds("  through a bucket", passed > AMOUNT, str(passed))
    holds("  which let no more pass than it may", passed <= most, f"{passed} bytes in {seconds} s")
    holds("  and held back", after[device]["overlimits"] > before[device]["overlimits"])


def limits_shown():
    """The rate and burst of each token bucket, as tc says it."""
    words = [line.split() for line in run("tc", "qdisc").splitlines() if "tbf" in line]
    return sorted(" ".join(line[line.index("rate"):line.index("rate") + 4]) for line in words)


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
    check("  rates", limits_shown(), ["rate 20Mbit burst 50000b", "rate 40Mbit burst 50000b"])
    if "containerd" not in what:
        transfer("  receives", "free", "limited", answer.addresses(4)[0], RATE)
        transfer("  sends", "limited", "free", free, RATE // 2)
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
    check("Debian's plugin in a chain", (answer.code, answer.text if answer.status else ""), (0, ""))
    theirs = sorted(" ".join(line.split()[5:]) for line in run("tc", "qdisc").splitlines() if "tbf" in line)
    chain.delete("reference", bandwidth=limits)
    conf = configuration(mtu=1500, runtimeConfig={"bandwidth": limits})
    add(conf, id="limited")
    ours = sorted(" ".join(line.split()[5:]) for line in run("tc", "qdisc").splitlines() if "tbf" in line)
    check("the same buckets as Debian's", ours, theirs)
finish()
PYTHON
