"""A read-only API server of generated Services: objects_server.py PORT SERVICES ENDPOINTS [CHANGES-PER-SECOND SECONDS LOG [spread]].

Serves lists in pages and watches. With the last three, Service s0 has its endpoints replaced one after another, and each one that leaves is
written to LOG as "MONOTONIC-SECONDS GONE COME" at the moment its event is sent. With `spread` the changes go over all Services in turn, and
every endpoint that comes has an address that none had before.
"""
import os
import sys
import time

import api_server
from api_server import address

port, count, per = (int(text) for text in sys.argv[1:4])
rate, seconds, log = (float(sys.argv[4]), float(sys.argv[5]), sys.argv[6]) if len(sys.argv) > 4 else (0, 0, "")
spread = len(sys.argv) > 7


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


class Handler(api_server.Handler):
    collections = collections

    def watch(self, path, query):
        self.begin_watch()
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
            changed = slice_of(index, [come] + mine[1:], str(number + 2))
            out.write(f"{time.monotonic()} {gone} {come}\n")
            self.tell(("MODIFIED", changed))
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
            changed = slice_of(0, current, str(version))
            out.write(f"{time.monotonic()} {gone} {current[version % per]}\n")
            self.tell(("MODIFIED", changed))
            version += 1
            pause = begin + (version - 2) / rate - time.monotonic()
            if pause > 0:
                time.sleep(pause)
        out.write(f"{time.monotonic()} end end\n")
        out.close()


api_server.Server(("127.0.0.1", port), Handler).serve_forever()
