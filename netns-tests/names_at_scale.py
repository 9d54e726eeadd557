"""names_at_scale.py SKIFF SERVICES ENDPOINTS CHANGES [OPTION...]: how much memory `skiff dns` takes for so many Services with so many endpoints
each, and how long a change takes to be answered.

Plays a read-only API server (lists in pages, watches), starts the name server against it, waits until it knows everything, and prints its
resident memory. Then it sends CHANGES events, one after another: a Service that is new, then its removal; a headless Service's new
endpoint. For each it asks over UDP from the moment the event is written until the answer is the new one.
"""
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import api_server
from api_server import address

skiff, count, per, changes = sys.argv[1], *(int(text) for text in sys.argv[2:5])
NAMESPACES = 100


def meta(name, space, version="1", **more):
    return {"name": name, "namespace": space, "uid": f"6b1f6c9e-0000-4000-8000-{abs(hash((name, space))) % 10**12:012d}",
            "resourceVersion": version, "creationTimestamp": "2026-01-01T00:00:00Z", **more}


def service(index, name=None, ip=None, version="1"):
    space, name, ip = f"namespace-{index % NAMESPACES}", name or f"service-{index}", ip or address(10, (96 << 16) + 1 + index)
    families = {} if ip == "None" else {"ipFamilies": ["IPv4"]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta(name, space, version, labels={"app": f"app-{index}"}),
            "spec": {"type": "ClusterIP", "clusterIP": ip, "clusterIPs": [ip], **families, "selector": {"app": f"app-{index}"},
                     "internalTrafficPolicy": "Cluster", "sessionAffinity": "None",
                     "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080}]}, "status": {"loadBalancer": {}}}


def slice_of(index, addresses, version="1", name=None):
    space, name = f"namespace-{index % NAMESPACES}", name or f"service-{index}"
    return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": meta(name + "-x7k2p", space, version, generateName=name + "-",
                             labels={"kubernetes.io/service-name": name, "app": f"app-{index}",
                                     "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"},
                             ownerReferences=[{"apiVersion": "v1", "kind": "Service", "name": name, "uid": "u", "controller": True}]),
            "ports": [{"name": "http", "protocol": "TCP", "port": 8080}],
            "endpoints": [{"addresses": [one], "conditions": {"ready": True, "serving": True, "terminating": False}, "nodeName": "node2",
                           "targetRef": {"kind": "Pod", "namespace": space, "name": f"{name}-{i}", "uid": "u"}}
                          for i, one in enumerate(addresses)]}


def endpoints(index):
    return [address(10, (128 << 16) + index * per + number) for number in range(per)]


collections = {
    "/api/v1/services": ("v1", "ServiceList", count + 1, lambda i: service(i) if i < count else service(0, "db", "None")),
    "/apis/discovery.k8s.io/v1/endpointslices": (
        "discovery.k8s.io/v1", "EndpointSliceList", count, lambda i: slice_of(i, endpoints(i))),
    "/api/v1/namespaces": ("v1", "NamespaceList", NAMESPACES, lambda i: {
        "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"namespace-{i}", "resourceVersion": "1"}}),
    "/api/v1/pods": ("v1", "PodList", 0, None),
}
watchers, watching = {}, threading.Semaphore(0)


class Handler(api_server.Handler):
    collections = collections

    def watch(self, path, query):
        self.begin_watch()
        watchers[path] = self
        watching.release()
        threading.Event().wait()


def question(name, kind=1):
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return struct.pack(">HHHHHH", 7, 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


server = api_server.Server(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
config = tempfile.NamedTemporaryFile("w", suffix=".json", delete=False)
json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "x",
           "clusters": [{"name": "x", "cluster": {"server": f"http://127.0.0.1:{server.server_address[1]}"}}],
           "users": [{"name": "x", "user": {}}], "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}]}, config)
config.close()
port, metrics = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_STREAM)
begin = time.monotonic()
process = subprocess.Popen([skiff, "dns", "--kubeconfig", config.name, "--port", str(port), "--metrics-address", f"127.0.0.1:{metrics}",
                            "--upstreams", "none", *sys.argv[5:]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def status(field):
    for line in open(f"/proc/{process.pid}/status"):
        if line.startswith(field + ":"):
            return int(line.split()[1])


try:
    for _ in range(3):
        if not watching.acquire(timeout=300):
            sys.exit("the name server does not watch")
    listed = time.monotonic() - begin
    # Free memory goes back once nothing was listed for a second.
    lowest, calm = status("VmRSS"), 0
    while calm < 30:
        time.sleep(0.1)
        now = status("VmRSS")
        lowest, calm = (now, 0) if now < lowest else (lowest, calm + 1)
    print(f"skiff    {count} Services, {count * per} endpoints: listed in {listed:.1f} s, resident {status('VmRSS') / 1024:.1f} MB "
          f"(program {status('RssFile') / 1024:.1f}, own {status('RssAnon') / 1024:.1f}), peak {status('VmHWM') / 1024:.1f} MB")
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.settimeout(5)
    udp.connect(("127.0.0.1", port))

    def until(query, done):
        while True:
            udp.send(query)
            reply = udp.recv(4096)
            if done(reply):
                return

    times = {"a new Service": [], "a Service that is gone": [], "a new endpoint": []}
    services, slices = watchers["/api/v1/services"], watchers["/apis/discovery.k8s.io/v1/endpointslices"]
    for number in range(changes):
        name = f"fresh-{number}"
        made = service(3, name, address(10, (127 << 16) + number), str(number + 2))
        query = question(f"{name}.namespace-3.svc.cluster.local")
        steps = [
            ("a new Service", services, "ADDED", made, query, lambda reply: reply[3] & 15 == 0),
            ("a Service that is gone", services, "DELETED", made, query, lambda reply: reply[3] & 15 == 3),
        ]
        fresh = address(10, (192 << 16) + number)
        packed = socket.inet_aton(fresh)
        steps.append(("a new endpoint", slices, "MODIFIED" if number else "ADDED", slice_of(0, [fresh], str(number + 2), "db"),
                      question("db.namespace-0.svc.cluster.local"), lambda reply: packed in reply))
        for what, watcher, kind, value, query, done in steps:
            start = time.monotonic()
            watcher.tell((kind, value))
            until(query, done)
            times[what].append(1000 * (time.monotonic() - start))
    for what, list_ in times.items():
        list_.sort()
        if list_:
            print(f"skiff    {what} is answered after {list_[len(list_) // 2]:.2f} ms (median), "
                  f"{list_[min(len(list_) - 1, len(list_) * 99 // 100)]:.2f} ms (99 of 100), {list_[-1]:.2f} ms (worst of {len(list_)})")
finally:
    process.terminate()
    process.wait()
    os.unlink(config.name)
