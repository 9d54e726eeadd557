#!/bin/bash
# node ── pod
# Claim: every wrong call is answered with the specification's code on standard output, every strange but right one is served, and
# none of the wrong ones touches anything.
. "$NETNS_TESTS/lib.sh"
. "$NETNS_TESTS/cni.sh"
PYTHONPATH=$NETNS_TESTS exec python3 - <<'PYTHON'
import select
from cnitest import *

prepare()
pod("c1")
ALL = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"]

for given in (b"", b'{"cniVersion":"0.4.0"}'):
    answer = call("VERSION", raw=given, netns="", CNI_CONTAINERID=None, CNI_NETNS=None, CNI_IFNAME=None)
    check("VERSION lists", answer.json["supportedVersions"], ALL)
check("VERSION answers in the version asked", answer.json["cniVersion"], "0.4.0")
hangs = subprocess.Popen([PLUGIN], env=environment("VERSION"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
holds("VERSION with an input that nobody closes", b"supportedVersions" in hangs.stdout.read())
hangs.stdin.close()
hangs.wait()

silent = call("ADD", CNI_COMMAND=None)
check("without a command: status and output", (silent.status, silent.output), (0, ""))
holds("without a command: says what it is", "CNI" in silent.notice)

variables = ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"]
check("unknown command", call("FROB").code, 4)
for name in variables:
    answer = call("ADD", **{name: None})
    check(f"ADD without {name}", (answer.code, name in answer.text), (4, True))
answer = call("ADD", **{name: None for name in variables})
check("ADD without any names all", (answer.code, [n in answer.text for n in variables]), (4, [True] * 4))
for command in ("CHECK", "DEL"):
    check(f"{command} without a container", call(command, CNI_CONTAINERID=None).code, 4)
for command in ("GC", "STATUS"):
    check(f"{command} without a path", call(command, CNI_PATH=None).code, 4)
for id in ("../x", "-a", ".a", "", "a b", "a/b"):
    check(f"container {id!r}", call("ADD", id=id, netns="/run/netns/c1").code, 4)
for name in ("abcdefghijklmnop", ".", "..", "a/b", "a:b", "a b", "a\tb"):
    check(f"interface {name!r}", call("ADD", interface=name).code, 4)
for what, raw, code in [
    ("empty input", b"", 6), ("text", b"x", 6), ("truncated", b'{"cniVersion":"1.0.0","name":', 6), ("an array", b"[]", 6),
    ("a number", b"1", 6), ("two documents", b"{}{}", 6), ("a byte order mark", b"\xef\xbb\xbf{}", 6),
    ("not UTF-8", b'{"name":"\xff"}', 6), ("a lone surrogate's half", b'{"name":"\\ud800"}', 7),
    ("deep nesting", b"[" * 100000, 6), ("null bytes", b"\0" * 64, 6),
    ("no name", b'{"cniVersion":"1.0.0"}', 7), ("a bad name", b'{"cniVersion":"1.0.0","name":"a/b"}', 7),
    ("a name that is a number", b'{"cniVersion":"1.0.0","name":1}', 6),
    ("an unknown version", b'{"cniVersion":"9.9.9","name":"n"}', 1),
    ("a version that is a number", b'{"cniVersion":1,"name":"n"}', 6),
]:
    answer = call("ADD", raw=raw)
    check(f"input: {what}", answer.code, code)
    check("  its members", sorted(set(answer.json) - {"details"}), ["cniVersion", "code", "msg"])
holds("an unknown version names those that are supported", all(v in call("ADD", raw=b'{"cniVersion":"9.9.9","name":"n"}').text
                                                            for v in ALL))
check("an error speaks the configuration's version", call("ADD", configuration(mtu="x", version="0.4.0")).json["cniVersion"], "0.4.0")
for what, conf, code in [
    ("no ranges", configuration([]), 7), ("ranges of the wrong type", configuration() | {"podCIDRs": "10.0.0.0/24"}, 6),
    ("no prefix", configuration(["10.0.0.0"]), 7), ("overlap", configuration(["10.0.0.0/24", "10.0.0.128/25"]), 7),
    ("multicast", configuration(["224.0.0.0/24"]), 7), ("a small MTU", configuration(mtu=9), 7),
    ("another plugin's addresses", configuration(ipam={"type": "host-local"}), 2),
    ("a next hop", configuration(routes=[{"dst": "0.0.0.0/0", "gw": "10.244.1.1"}]), 2),
    ("a setting of the host", configuration(sysctl={"kernel.hostname": "x"}), 7),
    ("a setting outside", configuration(sysctl={"net/../kernel/hostname": "x"}), 7),
    ("a port of 70000", configuration(runtimeConfig={"portMappings": [{"hostPort": 70000, "containerPort": 1}]}), 7),
    ("port 0", configuration(runtimeConfig={"portMappings": [{"hostPort": 0, "containerPort": 1}]}), 7),
    ("an unknown protocol", configuration(runtimeConfig={"portMappings": [{"hostPort": 1, "containerPort": 1, "protocol": "x"}]}), 7),
    ("a rate without burst", configuration(runtimeConfig={"bandwidth": {"ingressRate": 1000}}), 7),
    ("a burst without rate", configuration(runtimeConfig={"bandwidth": {"egressBurst": 1000}}), 7),
    ("a burst of 4 GiB", configuration(runtimeConfig={"bandwidth": {"egressRate": 8, "egressBurst": 1 << 36}}), 7),
    ("a multicast MAC", configuration(runtimeConfig={"mac": "01:00:00:00:00:01"}), 7),
    ("CHECK before 0.4.0", configuration(version="0.3.1", prevResult={}), 1),
    ("GC before 1.1.0", configuration(version="1.0.0"), 1), ("STATUS before 1.1.0", configuration(version="1.0.0"), 1),
]:
    command = what.split()[0] if what.split()[0] in ("CHECK", "GC", "STATUS") else "ADD"
    check(f"configuration: {what}", call(command, conf).code, code)
for args, code in [("FOO=BAR", 999), ("novalue;IgnoreUnknown=1", 999), ("IP=300.1.1.1", 999), ("IgnoreUnknown=maybe", 999)]:
    check(f"CNI_ARGS {args}", call("ADD", CNI_ARGS=args).code, code)
check("all that touched nothing", (traces(), links("c1"), subprocess.run(["nft", "list", "tables"], capture_output=True, text=True).stdout),
      ([], [], ""))

K8S = ["IgnoreUnknown=1", "K8S_POD_NAMESPACE=default", "K8S_POD_NAME=web", "K8S_POD_INFRA_CONTAINER_ID=c1", "K8S_POD_UID=u", "X=y"]
for order in (K8S, K8S[::-1], K8S[3:] + K8S[:3]):
    check("CNI_ARGS in any order", call("ADD", CNI_ARGS=";".join(order)).code, 0)
    alias = json.loads(run("ip", "-json", "link", "show", links()[0]))[0].get("ifalias")
    check("  the pod's name is on its link", alias, "default/web")
    delete()

strange = [
    ("unknown keys", configuration(capabilities={"portMappings": True}, unknown=[{}], disableCheck=True)),
    ("an empty prevResult", configuration(prevResult={"dns": {}, "ips": [], "interfaces": None})),
    ("an interface name of 15", configuration()), ("a megabyte", configuration(padding="x" * (1 << 20))),
    ("escapes", configuration(note="\u00e9\U0001f600\"\\\n")), ("null members", configuration(mtu=None, ipam=None, dns=None, sysctl=None)),
    ("no version", {k: v for k, v in configuration().items() if k != "cniVersion"}),
]
for what, conf in strange:
    name = "abcdefghijklmno" if "15" in what else "eth0"
    answer = call("ADD", conf, interface=name)
    check(f"takes {what}", answer.code, 0)
    check("  and deletes it", delete(conf, interface=name).code, 0)
twice = call("ADD", raw=json.dumps(configuration()).replace('"name"', '"name": "skiff", "name"').encode())
check("takes a key that is there twice", twice.code, 0)
delete()

both = [{"HostPort": 8080, "ContainerPort": 80, "Protocol": "tcp", "HostIP": "127.0.0.1"},
        {"hostPort": 8080, "containerPort": 80, "protocol": "tcp", "hostIP": "127.0.0.1"}]
seen = []
for mapping in both:
    check("a port mapping in either spelling", call("ADD", configuration(runtimeConfig={"portMappings": [mapping]})).code, 0)
    seen.append([e.split('"concat"')[1] for e in elements() if e.startswith("bound")])
    delete()
check("  means the same", seen[0], seen[1])

lonely = subprocess.run([PLUGIN], env={k: v for k, v in environment("ADD").items() if k != "PATH"}, input=json.dumps(configuration()).encode(),
                        capture_output=True, cwd="/proc", preexec_fn=lambda: os.umask(0o777))
check("runs with nothing but CNI_*, anywhere, with any umask", lonely.returncode, 0)
delete()
for closed in ([0], [2], [1], [0, 1, 2]):
    def close(descriptors=closed):
        for descriptor in descriptors:
            os.close(descriptor)
    source = open(f"{work}/conf", "w+"); source.write(json.dumps(configuration())); source.flush(); source.seek(0)
    done = subprocess.run([PLUGIN], env=environment("ADD"), stdin=source, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          preexec_fn=close)
    check(f"with streams {closed} closed", done.returncode == 0, 0 not in closed and 1 not in closed)
    delete()
reader, writer = os.pipe()
os.close(reader)
done = subprocess.run([PLUGIN], env=environment("ADD"), input=json.dumps(configuration()).encode(), stdout=writer)
check("nobody reads the result: a status, not a signal", done.returncode, 1)
delete()
stuck = subprocess.Popen([PLUGIN], env=environment("ADD"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
ended = select.select([stuck.stdout], [], [], 300)[0]
holds("an input that nobody closes ends with an error", ended and json.loads(stuck.stdout.read())["code"] == 5)
stuck.stdin.close()
stuck.wait()
# As containerd runs it beside every network.
os.symlink(PLUGIN, f"{work}/loopback")
lo = call("ADD", {"cniVersion": "0.3.1", "name": "cni-loopback", "type": "loopback"}, interface="lo", plugin=f"{work}/loopback")
check("as loopback, by its name", (lo.code, [i["name"] for i in lo.json["interfaces"]], "UP" in run("ip", "link", "show", "lo", netns="c1")), (0, ["lo"], True))
for _ in range(2):
    check("  DEL", call("DEL", {"cniVersion": "0.3.1", "name": "cni-loopback", "type": "loopback"}, interface="lo", netns="", plugin=f"{work}/loopback").code, 0)
check("nothing is left", (traces(), links("c1")), ([], []))
finish()
PYTHON
