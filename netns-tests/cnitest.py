"""Calls of network plugins for the cases of skiff-cni, as a container runtime makes them. The case's own namespace is the node."""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

PLUGIN = os.environ["SKIFF_BIN"] + "/skiff-cni"
SKIFF = os.environ["SKIFF_BIN"] + "/skiff"
REFERENCE = "/usr/lib/cni"
RUNTIME_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
passes = fails = 0
work = tempfile.mkdtemp()


def check(what, actual, expected):
    global passes, fails
    if actual == expected:
        passes += 1
        print(f"ok   {what}: {actual}"[:300])
    else:
        fails += 1
        print(f"FAIL {what}: got {actual!r}, expected {expected!r}")


def holds(what, condition, otherwise=""):
    check(what, "yes" if condition else f"no {otherwise}", "yes")


def finish():
    print(f"{passes} passed, {fails} failed")
    shutil.rmtree(work, ignore_errors=True)
    sys.exit(1 if fails else 0)


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def run(*command, netns=None, **options):
    """What a command prints; raises when it fails."""
    if netns:
        command = ("nsenter", f"--net=/run/netns/{netns}") + command
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def prepare():
    subprocess.run("mount -t tmpfs none /run && mkdir -p /run/netns && ip link set lo up", shell=True, check=True)


class Outcome:
    def __init__(self, status, output, notice):
        self.status, self.output, self.notice = status, output, notice

    @property
    def json(self):
        try:
            return json.loads(self.output)
        except ValueError:
            return None

    @property
    def code(self):
        """0: done; else the code of the specification's error."""
        if self.status == 0:
            return 0
        return self.json.get("code") if isinstance(self.json, dict) else f"status {self.status}: {self.output!r}"

    @property
    def text(self):
        return f"{self.json.get('msg')}: {self.json.get('details')}" if isinstance(self.json, dict) else self.output

    def addresses(self, family=None):
        found = [ip["address"].split("/")[0] for ip in self.json["ips"]]
        return [a for a in found if family is None or (":" in a) == (family == 6)]


def configuration(ranges=("10.244.1.0/24", "fd00:1::/64"), version="1.1.0", name="skiff", **members):
    return {"cniVersion": version, "name": name, "type": "skiff-cni", "podCIDRs": list(ranges), **members}


def pod(name):
    run("ip", "netns", "add", name)
    return f"/run/netns/{name}"


def drop(name):
    subprocess.run(["ip", "netns", "del", name], capture_output=True)


def environment(command, id="c1", netns=None, interface="eth0", **more):
    """A value of None takes the variable out."""
    result = dict(RUNTIME_ENVIRONMENT, CNI_COMMAND=command, CNI_CONTAINERID=id, CNI_IFNAME=interface, CNI_PATH="/opt/cni/bin")
    result["CNI_NETNS"] = f"/run/netns/{id}" if netns is None else netns
    result.update({key: value for key, value in more.items()})
    return {key: value for key, value in result.items() if value is not None}


def call(command, conf=None, id="c1", netns=None, interface="eth0", plugin=None, wrapper=(), raw=None, timeout=300, **more):
    given = raw if raw is not None else json.dumps(configuration() if conf is None else conf).encode()
    done = subprocess.run(
        [*wrapper, plugin or PLUGIN], env=environment(command, id, netns, interface, **more), input=given, capture_output=True,
        timeout=timeout)
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


def add(conf=None, id="c1", **more):
    """ADD in a namespace of the container's name, made when it is not there."""
    if not os.path.exists(f"/run/netns/{id}"):
        pod(id)
    return call("ADD", conf, id, **more)


def delete(conf=None, id="c1", **more):
    return call("DEL", conf, id, **more)


def links(netns=None):
    """Names of the links besides lo."""
    text = run("ip", "-json", "link", "show", netns=netns)
    return sorted(link["ifname"] for link in json.loads(text) if link["ifname"] != "lo")


def traces():
    """What the plugin has left on the node: links, routes, neighbors, and elements of its table."""
    found = [f"link {name}" for name in links() if name.startswith(("sk", "si"))]
    for family in ("-4", "-6"):
        found += [f"route {line}" for line in run("ip", family, "route", "show", "proto", "201").splitlines()]
        found += [f"neighbor {line}" for line in run("ip", family, "neigh", "show", "nud", "permanent").splitlines()
                  if " dev sk" in line]
    return found + [f"element {element}" for element in elements()]


def elements():
    """Keys of the plugin's maps and sets that belong to pods."""
    done = subprocess.run(["nft", "-j", "list", "table", "inet", "skiff-cni"], capture_output=True, text=True)
    if done.returncode != 0:
        return []
    found = []
    for entry in json.loads(done.stdout)["nftables"]:
        for kind in ("set", "map"):
            if kind in entry and entry[kind]["name"][:-1] in ("open", "bound", "own"):
                found += [f"{entry[kind]['name']} {json.dumps(e)}" for e in entry[kind].get("elem", [])]
    return found


def wait_until(what, condition):
    """A limit that only a fault reaches."""
    end = time.monotonic() + 90
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    check(f"waited 90 seconds for: {what}", "no", "yes")


def waits_for_input(process):
    """Whether it stands in poll(2) or ppoll(2)."""
    return open(f"/proc/{process.pid}/syscall").read().split()[0] in {"x86_64": ("7", "271"), "aarch64": ("73",)}[os.uname().machine]


class Chain:
    """A list of plugins as the specification's library runs it."""

    def __init__(self, name, plugins, version="1.0.0"):
        self.name, self.plugins, self.version = name, plugins, version
        self.result = None

    def _configuration(self, plugin, previous, capabilities):
        conf = {key: value for key, value in plugin.items() if key != "capabilities"}
        conf.update(cniVersion=self.version, name=self.name)
        offered = {key: value for key, value in capabilities.items() if plugin.get("capabilities", {}).get(key)}
        if offered:
            conf["runtimeConfig"] = offered
        if previous is not None:
            conf["prevResult"] = previous
        return conf

    def _run(self, command, plugin, previous, id, capabilities, netns):
        path = PLUGIN if plugin["type"] == "skiff-cni" else f"{REFERENCE}/{plugin['type']}"
        return call(
            command, self._configuration(plugin, previous, capabilities), id, plugin=path, netns=netns, CNI_PATH=REFERENCE)

    def add(self, id, **capabilities):
        """The outcome of the last plugin, or of the first that failed."""
        self.result = None
        for plugin in self.plugins:
            outcome = self._run("ADD", plugin, self.result, id, capabilities, None)
            if outcome.status != 0:
                return outcome
            self.result = outcome.json
        return outcome

    def check(self, id, besides=None, **capabilities):
        for plugin in self.plugins:
            if plugin["type"] == besides:
                continue
            outcome = self._run("CHECK", plugin, self.result, id, capabilities, None)
            if outcome.status != 0:
                return outcome
        return outcome

    def delete(self, id, previous=True, netns=None, **capabilities):
        """The codes in the order in which the plugins were asked."""
        result = self.result if previous else None
        return [self._run("DEL", plugin, result, id, capabilities, netns).code for plugin in reversed(self.plugins)]


def serve(netns, port, answer=None, kind="tcp", family=None):
    """A server that answers with the client's address, or with a text. Returns its process once it listens."""
    script = """
import socket, sys
kind, port, answer = sys.argv[1], int(sys.argv[2]), sys.argv[3]
s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("::", port))
if kind == "tcp": s.listen(64)
print("ready", flush=True)
while True:
    if kind == "tcp":
        c, address = s.accept()
        c.sendall((answer or address[0].replace("::ffff:", "")).encode()); c.close()
    else:
        data, address = s.recvfrom(2000)
        s.sendto((answer or address[0].replace("::ffff:", "")).encode(), address)
"""
    command = ["python3", "-c", script, kind, str(port), answer or ""]
    if netns:
        command = ["nsenter", f"--net=/run/netns/{netns}"] + command
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    return process


def ask(netns, address, port, kind="tcp", source=None, source_port=0, silence=10):
    """What a server answers, or `none`; for datagrams after so many seconds of silence."""
    script = """
import socket, sys
kind, address, port, source, source_port, silence = sys.argv[1:7]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
s = socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
s.settimeout(2.5)  # the kernel sends a second SYN after one second
try:
    if source or int(source_port): s.bind((source, int(source_port)))
    s.connect((address, int(port)))
    s.settimeout(60 if kind == "tcp" else float(silence))
    if kind == "udp": s.send(b"?")
    print(s.recv(200).decode() or "closed")
except OSError: print("none")
"""
    command = ["python3", "-c", script, kind, address, str(port), source or "", str(source_port), str(silence)]
    if netns:
        command = ["nsenter", f"--net=/run/netns/{netns}"] + command
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()
