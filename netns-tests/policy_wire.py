"""Hosts made of network namespaces, and probes between them, for the policies' cases. One process, no shell in between.

A socket belongs to the namespace that its thread was in when it was made, so a probe costs two system calls to change the namespace
and what the probe itself costs. Needs root in the case's own namespaces.
"""
import ctypes
import errno
import os
import resource
import select
import socket
import struct
import subprocess
import threading
import time

CLONE_NEWNET = 0x40000000
SCTP = 132
libc = ctypes.CDLL(None, use_errno=True)
passes = fails = 0


def check(what, actual, expected):
    global passes, fails
    if actual == expected:
        passes += 1
        print(f"ok   {what}: {actual}"[:200], flush=True)
    else:
        fails += 1
        print(f"FAIL {what}: got {actual!r}, expected {expected!r}", flush=True)


def wait_until(what, condition, seconds=90):
    """Waits for a state, never for a time; a limit that only a fault reaches."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            check(f"waited {seconds} seconds for {what}", "no", "yes")
            return False
        time.sleep(0.005)
    return True


def ip(*lines, netns=None):
    words = ["ip"] + (["-n", netns] if netns else []) + ["-batch", "-"]
    done = subprocess.run(words, input="\n".join(lines) + "\n", text=True, capture_output=True)
    if done.returncode:
        raise SystemExit(f"ip: {lines}: {done.stderr}")


def prepare():
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    subprocess.run("mount -t tmpfs none /run && mkdir -p /run/netns && ip link set lo up && "
                   "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1", shell=True, check=True)


class Host:
    """The node itself (no name), or a namespace of its own."""

    def __init__(self, name=None):
        self.name = name
        if name:
            subprocess.run(["ip", "netns", "add", name], check=True)
            ip("link set lo up", netns=name)
        self.handle = os.open(f"/run/netns/{name}" if name else "/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self.sockets = []

    def socket(self, family, kind, protocol=0):
        """A socket of this host, made by whatever thread."""
        own = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            if libc.setns(self.handle, CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
            made = socket.socket(family, kind | socket.SOCK_NONBLOCK, protocol)
        finally:
            libc.setns(own, CLONE_NEWNET)
            os.close(own)
        return made

    def remove(self):
        for each in self.sockets:
            server.forget(each)
        os.close(self.handle)
        subprocess.run(["ip", "netns", "del", self.name], check=True)

    def serve(self, *ports):
        """Listens on the ports over TCP and UDP, and sees every SCTP packet."""
        for port in ports:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                made = self.socket(socket.AF_INET6, kind)
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                made.bind(("::", port))
                if kind == socket.SOCK_STREAM:
                    made.listen(1024)
                self.sockets.append(made)
                server.watch(made, kind)

    def serve_sctp(self):
        for family in (socket.AF_INET, socket.AF_INET6):
            made = self.socket(family, socket.SOCK_RAW, SCTP)
            self.sockets.append(made)
            server.watch(made, socket.SOCK_RAW)


class Server(threading.Thread):
    """Accepts, answers datagrams, and remembers the tags of SCTP packets that arrived."""

    def __init__(self):
        super().__init__(daemon=True)
        self.poll = select.epoll()
        self.known = {}
        self.tags = set()

    def watch(self, made, kind):
        self.known[made.fileno()] = (made, kind)
        self.poll.register(made.fileno(), select.EPOLLIN)

    def forget(self, made):
        self.poll.unregister(made.fileno())
        del self.known[made.fileno()]
        made.close()

    def run(self):
        while True:
            for number, _ in self.poll.poll():
                made, kind = self.known.get(number, (None, None))
                try:
                    if made is None:
                        continue
                    if kind == socket.SOCK_STREAM:
                        made.accept()[0].close()
                    elif kind == socket.SOCK_DGRAM:
                        data, peer = made.recvfrom(100)
                        made.sendto(data, peer)
                    else:
                        data, _ = made.recvfrom(2000)
                        if made.family == socket.AF_INET:
                            data = data[(data[0] & 15) * 4:]
                        # The chunk INIT carries its sender's tag behind the common header and its own.
                        if len(data) >= 20 and data[12] == 1:
                            self.tags.add(struct.unpack_from(">I", data, 16)[0])
                except OSError:
                    pass


server = Server()


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value = value >> 8 ^ TABLE[(value ^ byte) & 255]
    return value ^ 0xFFFFFFFF


TABLE = []
for index in range(256):
    entry = index
    for _ in range(8):
        entry = entry >> 1 ^ (0x82F63B78 if entry & 1 else 0)
    TABLE.append(entry)


class Probe:
    """One attempt to reach a port."""
    next_tag = 1

    def __init__(self, host, source, address, transport, port):
        self.answered = self.refused = False
        self.transport = transport
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        kind = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM, "sctp": socket.SOCK_RAW}[transport]
        self.socket = host.socket(family, kind, SCTP if transport == "sctp" else 0)
        self.tag = Probe.next_tag
        Probe.next_tag += 1
        try:
            if source:
                self.socket.bind((source, 0))
            if transport == "sctp":
                chunk = struct.pack(">BBHIIHHI", 1, 0, 20, self.tag, 65536, 1, 1, 1)
                head = struct.pack(">HHI", 20000 + self.tag % 40000, port, 0)
                packet = head + struct.pack("<I", crc32c(head + bytes(4) + chunk)) + chunk
                self.socket.sendto(packet, (address, 0))
            else:
                self.socket.connect((address, port))
                if transport == "udp":
                    self.socket.send(b"?")
        except BlockingIOError:
            pass
        except OSError as error:
            self.refused = error.errno == errno.ECONNREFUSED

    def look(self):
        if self.answered:
            return True
        try:
            if self.transport == "sctp":
                self.answered = self.tag in server.tags
            elif self.transport == "udp":
                self.answered = self.socket.recv(10) == b"?"
            else:
                self.socket.getpeername()
                self.answered = True
        except OSError:
            pass
        return self.answered

    def close(self):
        self.socket.close()


def reach(probes, expected, quiet=0.25, limit=3.0):
    """Which of the probes got through. Waits until all that should have, and then until those that should not had time to."""
    begin = time.monotonic()
    while True:
        missing = [one for one, should in zip(probes, expected) if not one.look() and should]
        past = time.monotonic() - begin
        if past >= quiet and (not missing or past >= limit):
            break
        time.sleep(0.005)
    answers = [one.look() for one in probes]
    for one in probes:
        one.close()
    return answers


def finish():
    print(f"{passes} passed, {fails} failed", flush=True)
    os._exit(1 if fails else 0)
