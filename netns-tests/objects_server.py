"""A read-only API server of generated Services: objects_server.py PORT SERVICES ENDPOINTS [CHANGES-PER-SECOND SECONDS LOG [spread]].

Serves lists in pages and watches. With the last three, Service s0 has its endpoints replaced one after another, and each one that leaves is
written to LOG as "MONOTONIC-SECONDS GONE COME" at the moment its event is sent. With `spread` the changes go over all Services in turn, and
every endpoint that comes has an address that none had before.
"""
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

port, count, per = (int(text) for text in sys.argv[1:4])
rate, seconds, log = (float(sys.argv[4]), float(sys.argv[5]), sys.argv[6]) if len(sys.argv) > 4 else (0, 0, "")
spread = len(sys.argv) > 7


def address(base, number):
    return f"{base}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def service(index):
    ip = address(10, (96 << 16) + 1 + index)
    return {"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": f"service-{index}", "namespace": "default", "uid": f"u{index}", "resourceVersion": "1",
                         "creationTimestamp": "2026-01-01T00:00:00Z", "labels": {"app": f"app-{index}"}},
            "spec": {"type": "ClusterIP", "clusterIP": ip, "clusterIPs": [ip], "ipFamilies": ["IPv4"], "selector": {"app": f"app-{index}"},
                     "internalTrafficPolicy": "Cluster", "sessionAffinity": "None",
                     "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080}]}, "status": {"loadBalancer": {}}}


def slice_of(index, addresses, version="1"):
    return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": f"service-{index}-abcde", "namespace": "default", "uid": f"e{index}", "resourceVersion": version,
                         "creationTimestamp": "2026-01-01T00:00:00Z",
                         "labels": {"kubernetes.io/service-name": f"service-{index}", "app": f"app-{index}"}},
            "ports": [{"name": "http", "protocol": "TCP", "port": 8080}],
            "endpoints": [{"addresses": [one], "conditions": {"ready": True, "serving": True, "terminating": False}, "nodeName": "node2",
                           "zone": "a", "targetRef": {"kind": "Pod", "namespace": "default", "name": f"pod-{one}"}} for one in addresses]}


def endpoints(index):
    return [address(10, (200 << 16) + index * per + number) for number in range(per)]


collections = {
    "/api/v1/services": ("v1", "ServiceList", count, service),
    "/apis/discovery.k8s.io/v1/endpointslices": ("discovery.k8s.io/v1", "EndpointSliceList", count, lambda i: slice_of(i, endpoints(i))),
    "/api/v1/nodes": ("v1", "NodeList", 0, None),
}
watching = threading.Event()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        url = urlparse(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        if url.path not in collections:
            return self.answer(404, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404})
        if query.get("watch") in ("1", "true"):
            return self.watch(url.path)
        version, kind, total, make = collections[url.path]
        start, limit = int(query.get("continue") or 0), int(query.get("limit") or total or 1)
        end = min(start + limit, total)
        meta = {"resourceVersion": "1"}
        if end < total:
            meta["continue"] = str(end)
        self.answer(200, {"kind": kind, "apiVersion": version, "metadata": meta, "items": [make(i) for i in range(start, end)]})

    def answer(self, code, value):
        body = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def watch(self, path):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        if rate and path.endswith("endpointslices"):
            self.change() if spread else self.roll()
        while True:
            time.sleep(3600)

    def change(self):
        """Waits for LOG.go, so that whoever measures is there."""
        while not os.path.exists(log + ".go"):
            time.sleep(0.05)
        first = {}
        out = open(log, "w")
        begin = time.monotonic()
        number = 0
        while number < rate * seconds:
            index = number % count
            mine = endpoints(index)
            gone, come = first.get(index, mine[0]), address(172, (16 << 16) + 1 + number)
            first[index] = come
            event = json.dumps({"type": "MODIFIED", "object": slice_of(index, [come] + mine[1:], str(number + 2))}).encode() + b"\n"
            out.write(f"{time.monotonic()} {gone} {come}\n")
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
            self.wfile.flush()
            number += 1
            pause = begin + number / rate - time.monotonic()
            if pause > 0:
                time.sleep(pause)
        out.close()
        open(log + ".done", "w").close()

    def roll(self):
        time.sleep(2)
        current, version, spare = endpoints(0), 2, per
        out = open(log, "w")
        begin = time.monotonic()
        while time.monotonic() - begin < seconds:
            gone = current[version % per]
            current[version % per] = address(10, (200 << 16) + spare % (2 * per))
            spare += 1
            event = json.dumps({"type": "MODIFIED", "object": slice_of(0, current, str(version))}).encode() + b"\n"
            out.write(f"{time.monotonic()} {gone} {current[version % per]}\n")
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
            self.wfile.flush()
            version += 1
            pause = begin + (version - 2) / rate - time.monotonic()
            if pause > 0:
                time.sleep(pause)
        out.write(f"{time.monotonic()} end end\n")
        out.close()


ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
