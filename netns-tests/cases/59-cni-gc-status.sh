#!/bin/bash
# node ── pods of two networks
# Claim: GC takes away exactly what the list of valid attachments does not name, of its own network only; STATUS says whether an ADD
# would succeed and changes nothing.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
PYTHONPATH=$NETNS_TESTS exec python3 - <<'PYTHON'
from cnitest import *

prepare()
KEY, OLD = "cni.dev/valid-attachments", "cni.dev/attachments"
limits = {"egressRate": 8000000, "egressBurst": 80000}


def conf(number):
    return configuration(runtimeConfig={"portMappings": [{"hostPort": 8000 + number, "containerPort": 80}], "bandwidth": limits})


other = configuration(["10.9.0.0/24"], name="other")
for number in range(6):
    check(f"ADD c{number}", add(conf(number), id=f"c{number}").code, 0)
check("ADD in another network", add(other, id="c1", interface="eth1").code, 0)


def attachments():
    found = []
    for link in json.loads(run("ip", "-json", "link")):
        found += [name for name in link.get("altnames", []) if name.startswith("cni=")]
    return sorted(found)


def gc(**members):
    return call("GC", configuration(**members), netns="", CNI_CONTAINERID=None, CNI_IFNAME=None)


def valid(*numbers):
    return [{"containerID": f"c{n}", "ifname": "eth0"} for n in numbers] + [{"containerID": "unknown", "ifname": "eth0"}]


def own(*numbers):
    return sorted(["cni=other=c1=eth1"] + [f"cni=skiff=c{n}=eth0" for n in numbers])


before = traces()
check("GC without a list", (gc().code, traces()), (0, before))
check("GC with null for a list", (gc(**{KEY: None}).code, traces()), (0, before))
check("GC with a list of the wrong type", (gc(**{KEY: "x"}).code, traces()), (6, before))
check("GC where all are valid", (gc(**{KEY: valid(*range(6))}).code, traces()), (0, before))
answer = gc(**{KEY: valid(0, 2, 3, 5)})
check("GC removes two", (answer.code, answer.output, attachments()), (0, "", own(0, 2, 3, 5)))
check("  with their links in the pods", [links(f"c{n}") for n in (0, 1, 4)], [["eth0"], ["eth1"], []])
check("  their ports", len([e for e in elements() if "open4" in e]), 4)
check("  and their shapers", len([l for l in links() if l.startswith("si")]), 4)
check("GC again", (gc(**{KEY: valid(0, 2, 3, 5)}).code, attachments()), (0, own(0, 2, 3, 5)))
check("GC by the older key", (gc(**{OLD: valid(0, 2, 3)}).code, attachments()), (0, own(0, 2, 3)))
check("the newer key wins", (gc(**{OLD: [], KEY: valid(0, 2)}).code, attachments()), (0, own(0, 2)))

slow = subprocess.Popen([PLUGIN], env=environment("GC"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
# It has seen what there is once it waits for its input.
wait_until("the GC to wait", lambda: waits_for_input(slow))
check("ADD while a GC runs", add(conf(7), id="c7").code, 0)
slow.stdin.write(json.dumps(configuration() | {KEY: valid(0, 2)}).encode())
slow.stdin.close()
check("  which leaves what it cannot know", (slow.wait(), attachments()), (0, own(0, 2, 7)))
drop("c2")
wait_until("its link", lambda: "cni=skiff=c2=eth0" not in attachments())
holds("a namespace that just ended left its ports and its shaper", any("c2" in e for e in elements()) and len(links()) == 6)
check("GC removes them", (gc(**{KEY: valid(0, 7)}).code, any("c2" in e for e in elements()), len(links())), (0, False, 5))
check("GC with an empty list", (gc(**{KEY: []}).code, attachments(), elements()), (0, ["cni=other=c1=eth1"], []))
check("only the other network's link is left", links(), [l for l in links() if l.startswith("sk0a09")])
call("DEL", other, id="c1", interface="eth1")


def status(given=None):
    return call("STATUS", given or configuration(), netns="", CNI_CONTAINERID=None, CNI_IFNAME=None)


run("sysctl", "-qw", "net.ipv4.ip_forward=0", "net.ipv6.conf.all.forwarding=0")
before = run("sysctl", "-a")
rules = run("nft", "list", "ruleset")
answer = status()
check("STATUS", (answer.code, answer.output), (0, ""))
check("STATUS without addresses", status(configuration([])).code, 50)
check("  changes nothing", ([l for l in zip(before.splitlines(), run("sysctl", "-a").splitlines()) if l[0] != l[1] and "net." in l[0]],
                            run("nft", "list", "ruleset") == rules, links()), ([], True, []))
small = configuration(["10.5.0.0/30"], runtimeConfig={})
for number in (1, 2):
    check("fill a small network", add(small, id=f"s{number}").code, 0)
answer = status(small)
check("STATUS of a full network", (answer.code, "all 2 are in use" in answer.text), (50, True))
check("  after a DEL", (delete(small, id="s1").code, status(small).code), (0, 0))
run("sysctl", "-qw", "net.ipv4.ip_forward=0")
check("STATUS of a host that forwards nothing", status(small).code, 51)
run("sysctl", "-qw", "net.ipv4.ip_forward=1")
check("STATUS when it does", status(small).code, 0)
finish()
PYTHON
