#!/bin/bash
# node ── pod; every call dies by SIGKILL at one of its system calls, each in turn
# Claim: wherever ADD or DEL is killed, the runtime's DEL leaves nothing, the next ADD succeeds, and a pod's namespace that merely ends
# takes its links and routes with it.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
need strace
PYTHONPATH=$NETNS_TESTS exec python3 - <<'PYTHON'
import re
from cnitest import *

prepare()
plain = configuration(mtu=1400)
full = configuration(
    mtu=1400, sysctl={"net.core.somaxconn": "99"}, ipMasq=True,
    runtimeConfig={"portMappings": [{"hostPort": 8080, "containerPort": 80}, {"hostPort": 53, "containerPort": 53, "protocol": "udp"}],
                   "bandwidth": {"ingressRate": 8000000, "ingressBurst": 80000, "egressRate": 8000000, "egressBurst": 80000}})
if subprocess.run(["strace", "-qq", "-e", "trace=none", "true"], capture_output=True).returncode:
    skip("strace may not trace here")


def strace(command, conf, id, *options):
    with open(f"{work}/in", "w") as file:
        json.dump(conf, file)
    return subprocess.run(
        ["strace", "-qq", "-f", *options, PLUGIN], env=environment(command, id), stdin=open(f"{work}/in"), capture_output=True)


def names(command, conf, id):
    """The system calls that the call makes, each once."""
    done = strace(command, conf, id, "-o", f"{work}/log")
    assert done.returncode == 0, done.stdout
    found = []
    for line in open(f"{work}/log"):
        match = re.match(r"\d+\s+(\w+)\(", line)
        if match and match[1] not in ("execve", "exit_group") and match[1] not in found:
            found.append(match[1])
    return found


def kill(command, conf, id, moment):
    """Runs the call and kills whichever of its processes makes this system call."""
    name, number = moment
    strace(command, conf, id, "-o", f"{work}/log", "-e", f"trace={name}", "-e", f"inject={name}:signal=KILL:when={number}")
    return "killed by SIGKILL" in open(f"{work}/log").read()


def rules_are_whole():
    text = subprocess.run(["nft", "list", "table", "inet", "skiff-cni"], capture_output=True, text=True).stdout
    return text.count("chain ") in (0, 1, 5) and text.count(" drop") in (0, 3)


for what, conf in [("plain", plain), ("with everything", full)]:
    pod("k")
    # The first call of all writes the rules: it is killed there too.
    no_rules = lambda: what == "plain" and subprocess.run(["nft", "delete", "table", "inet", "skiff-cni"], capture_output=True)
    found = names("ADD", conf, "k")
    delete(conf, id="k")
    left, failed, torn, kills = [], [], 0, 0
    for name in found:
        for number in range(1, 200):
            no_rules()
            moment = (name, number)
            if not kill("ADD", conf, "k", moment):
                delete(conf, id="k")
                break
            kills += 1
            torn += not rules_are_whole()
            if kills % 2:
                if delete(conf, id="k").code:
                    failed.append(f"DEL after {moment}")
            else:
                # The runtime dies too: DEL comes when the namespace has gone.
                drop("k")
                pod("k")
                wait_until("the links to go", lambda: not [t for t in traces() if t.startswith("link sk")])
                if delete(conf, id="k", netns="").code:
                    failed.append(f"late DEL after {moment}")
            if traces() or links("k"):
                left.append((moment, traces(), links("k")))
            answer = call("ADD", conf, id="k")
            if answer.code or delete(conf, id="k").code:
                failed.append(f"the next ADD after {moment}: {answer.text}")
    print(f"     ADD {what}: killed at {kills} system calls, all there are")
    holds(f"ADD {what}: killed often enough", kills > 45, str(kills))
    check("  half-written rules", torn, 0)
    check("  calls that failed after it", failed[:3], [])
    check("  left after DEL", left[:2], [])

    call("ADD", conf, id="k")
    found = names("DEL", conf, "k")
    left, failed, kills = [], [], 0
    for name in found:
        for number in range(1, 200):
            moment = (name, number)
            answer = call("ADD", conf, id="k")
            if answer.code:
                failed.append(f"ADD before {moment}: {answer.text}")
            hit = kill("DEL", conf, "k", moment)
            if delete(conf, id="k").code:
                failed.append(f"DEL after {moment}")
            # A request that was on its way when the caller died is still performed.
            wait_until("what was on its way", lambda: not traces() and not links("k"))
            if not hit:
                break
            kills += 1
    print(f"     DEL {what}: killed at {kills} system calls, all there are")
    holds(f"DEL {what}: killed often enough", kills > 25, str(kills))
    check("  calls that failed after it", failed[:3], [])
    check("  left", (traces(), links("k")), ([], []))
    drop("k")
finish()
PYTHON
