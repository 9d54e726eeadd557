#!/bin/bash
# node ── pods with something in the way
# Claim: an ADD that cannot be done leaves nothing, keeps what was there before, and the next one that can be done is.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
PYTHONPATH=$NETNS_TESTS exec python3 - <<'PYTHON'
from cnitest import *

prepare()
first = add(id="c1")
one = traces()
check("the first ADD", first.code, 0)
check("the same container again", call("ADD", id="c1").code, 999)
check("  and in another namespace", (pod("other"), call("ADD", id="c1", netns="/run/netns/other").code)[1], 999)
check("another container in the same namespace", call("ADD", id="c2", netns="/run/netns/c1").code, 999)
holds("  the interface is named", "eth0" in call("ADD", id="c2", netns="/run/netns/c1").text)
check("what is there is what was there", (traces(), links("c1"), links("other")), (one, ["eth0"], []))
conf = configuration(prevResult=first.json)
check("the first attachment is whole", call("CHECK", conf, id="c1").code, 0)

second = call("ADD", id="c1", interface="eth1")
check("a second interface", (second.code, links("c1")), (0, ["eth0", "eth1"]))
holds("has other addresses", not set(second.addresses()) & set(first.addresses()))
check("DEL of it leaves the first", (delete(interface="eth1").code, links("c1")), (0, ["eth0"]))
delete()

run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "x", netns="other")
check("an interface of that name is there", (call("ADD", id="c3", netns="/run/netns/other").code, traces()), (999, []))
check("  and stays", links("other"), ["eth0", "x"])
check("  also after DEL", (delete(id="c3", netns="/run/netns/other").code, links("other")), (0, ["eth0", "x"]))
run("ip", "link", "set", "lo", "up", netns="other")
run("ip", "addr", "add", "198.51.100.2/24", "dev", "x", netns="other")
for link in ("x", "eth0"):
    run("ip", "link", "set", link, "up", netns="other")
run("ip", "route", "add", "default", "via", "198.51.100.1", netns="other")
answer = call("ADD", id="c3", netns="/run/netns/other", interface="net1")
check("a namespace with interfaces and a default route of its own", answer.code, 0)
holds("  which stays in force", "198.51.100.1" in run("ip", "route", "get", "192.0.2.1", netns="other"))
delete(id="c3", netns="/run/netns/other", interface="net1")

for what, path, code in [("missing", "/run/netns/none", 999), ("a plain file", "/etc/hostname", 999), ("a folder", "/run", 999)]:
    check(f"a namespace path that is {what}", (call("ADD", netns=path).code, traces()), (code, []))
for what, path in [("the host's own", "/proc/self/ns/net"), ("the host's own by another path", "/proc/1/ns/net")]:
    answer = call("ADD", netns=path)
    check(f"{what} namespace", (answer.code, traces(), subprocess.run(["nft", "list", "ruleset"], capture_output=True).stdout != b""),
          (8, [], True))
    check("  CHECK", call("CHECK", conf, netns=path).code, 8)
answer = call("ADD", netns="/proc/self/ns/net", CNI_NETNS_OVERRIDE="1")
check("the host's own, when told so", answer.code, 0)
check("  DEL", (delete(netns="/proc/self/ns/net").code, traces()), (0, []))
holder = subprocess.Popen(["nsenter", "--net=/run/netns/c1", "sleep", "100"])
wait_until("the process", lambda: os.stat(f"/proc/{holder.pid}/ns/net").st_ino == os.stat("/run/netns/c1").st_ino)
os.symlink("/run/netns/c1", "/run/link")
for path in (f"/proc/{holder.pid}/ns/net", "/run/link"):
    check(f"a namespace by {path.split('/')[1:3]}", (call("ADD", netns=path).code, links("c1"), delete(netns=path).code), (0, ["eth0"], 0))
holder.kill()
holder.wait()

run("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1", netns="c1")
answer = call("ADD")
check("a namespace without IPv6 gets it", (answer.code, "fd00:1::" in run("ip", "-6", "addr", netns="c1")), (0, True))
delete()
run("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=0", netns="c1")

small = configuration(["10.3.0.1/32", "fd03::1/128"])
for command in (["route", "add", "10.3.0.1/32", "dev", "lo"], ["-6", "route", "add", "fd03::1/128", "dev", "lo"]):
    run("ip", *command)
    check(f"a route to the address in the way: {command[-3]}", (call("ADD", small).code, links(), links("c1")), (999, [], []))
    run("ip", *[{"add": "del"}.get(word, word) for word in command])
run("ip", "link", "add", "sk0a030001", "type", "veth", "peer", "name", "y")
answer = call("ADD", small)
check("a link of the name in the way", (answer.code, links("c1")), (11, []))
run("ip", "link", "del", "sk0a030001")
check("and then it works", (call("ADD", small).code, delete(small).code, traces()), (0, 0, []))

for number in range(20):
    got = (call("ADD").code, call("CHECK", configuration(prevResult=None)).code, delete().code, links("c1"))
    if got != (0, 999, 0, []):
        check("ADD and DEL again and again", got, (0, 999, 0, []))
call("ADD")
delete()
run("umount", "/run/netns/c1")
os.unlink("/run/netns/c1")
check("the namespace can be unmounted right after DEL", traces(), [])
finish()
PYTHON
