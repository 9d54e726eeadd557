#!/bin/bash
# node ── a hundred pods, at once and in turns
# Claim: whatever calls run beside each other, no address is given twice, none is lost and nothing is left; an ADD and a
# STATUS cost the same however many pods there are.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
need strace
PYTHONPATH=$NETNS_TESTS exec python3 - <<'PYTHON'
import os
import random
import re
from concurrent.futures import ThreadPoolExecutor
from cnitest import *

prepare()
for number in range(120):
    pod(f"m{number}")
names = [f"m{n}" for n in range(100)]
conf = configuration(["10.6.0.0/16", "fd06::/64"], mtu=1400)


def system_calls(id, command="ADD"):
    """How many one call makes; warm: the rules are there."""
    done = call(command, conf, id=id, wrapper=("strace", "-f", "-qq", "-c", "-U", "calls,name", "-o", f"{work}/calls"))
    assert done.code == 0, done.text
    return int(open(f"{work}/calls").read().splitlines()[-1].split()[0])


call("ADD", conf, id="m118")
first = system_calls("m119")
holds("system calls of an ADD: under 120", first < 120, str(first))
print(f"     {first} system calls")
with ThreadPoolExecutor(32) as pool:
    outcomes = list(pool.map(lambda name: call("ADD", conf, id=name), names))
check("a hundred ADDs at once that fail", [o.text for o in outcomes if o.code], [])
given = [a for o in outcomes for a in o.addresses()]
check("  different addresses", len(set(given)), 200)
# Older kernels make that route after the call has ended.
if tuple(int(part) for part in os.uname().release.split(".")[:2]) >= (6, 8):
    table = run("ip", "-6", "route", "show", "table", "local").splitlines()
    check("  routes to all multicast through pods' links, of which the kernel would go through each", [l for l in table if "ff00::/8 dev sk" in l], [])
    check("  links that are not ready when ADD returns", [l for l in run("ip", "-o", "link", "show").splitlines() if " sk0a06" in l and "state UP" not in l], [])
after = system_calls("m116")
holds("  system calls of the next ADD: under 120", after < 120, str(after))
check("  and of the one after it", system_calls("m117"), first)
status = system_calls("m117", "STATUS")
holds("  and of STATUS: under 120", status < 120, str(status))
with ThreadPoolExecutor(32) as pool:
    check("a hundred DELs at once", [o.code for o in pool.map(lambda name: delete(conf, id=name), names)], [0] * 100)
for name in ("m116", "m117", "m118", "m119"):
    delete(conf, id=name)
check("  leave", traces(), [])

tight = configuration(["10.60.0.0/26"])
with ThreadPoolExecutor(32) as pool:
    outcomes = list(pool.map(lambda name: call("ADD", tight, id=name), names))
check("a hundred for 62 addresses: served, told to try again", (sum(o.code == 0 for o in outcomes), sum(o.code == 11 for o in outcomes)), (62, 38))
check("  different addresses", len({a for o in outcomes if not o.code for a in o.addresses()}), 62)
with ThreadPoolExecutor(32) as pool:
    list(pool.map(lambda name: delete(tight, id=name), names))

same = pod("same")
with ThreadPoolExecutor(8) as pool:
    outcomes = list(pool.map(lambda n: call("ADD", conf, id="same"), range(8)))
check("eight ADDs of one container at once: done", sum(o.code == 0 for o in outcomes), 1)
check("  links", (len(links()), links("same")), (1, ["eth0"]))
delete(conf, id="same")

# Ports and bandwidth take part in every third pod's life.
wrong = []


def life(number):
    chance = random.Random(number)
    name = f"m{number}"
    members = {}
    if number % 3 == 0:
        members = {"runtimeConfig": {"portMappings": [{"hostPort": 9000 + number, "containerPort": 80, "protocol": "udp"}],
                                     "bandwidth": {"egressRate": 8000000, "egressBurst": 80000}}}
    own = conf | members
    for _ in range(12):
        answer = call("ADD", own, id=name)
        if answer.code:
            wrong.append(f"ADD {answer.text}")
            delete(own, id=name)
            continue
        if chance.random() < 0.5:
            checked = call("CHECK", own | {"prevResult": answer.json}, id=name)
            if checked.code:
                wrong.append(f"CHECK {checked.text}")
        for _ in range(chance.choice([1, 1, 2])):
            gone = delete(own, id=name, netns=chance.choice([None, None, ""]))
            if gone.code:
                wrong.append(f"DEL {gone.text}")


with ThreadPoolExecutor(16) as pool:
    list(pool.map(life, range(16)))
check("sixteen pods coming and going twelve times beside each other: wrong", wrong[:3], [])
check("  leave", (traces(), [l for n in range(16) for l in links(f"m{n}")]), ([], []))
finish()
PYTHON
