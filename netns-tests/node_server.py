"""An API server that knows Nodes only: node_server.py ADDRESS PORT LOG.

Lists, watches, takes patches and events. PUT / replaces all Nodes by those of the body's list; watchers hear the difference. Every write of
a client is a line of LOG: METHOD PATH REASON, the reason being that of the condition or the event.
"""
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

address, port, log = sys.argv[1], int(sys.argv[2]), sys.argv[3]
changed = threading.Condition()
version = start = int(time.time() * 1000)
nodes = {}
history = []


def replace(items):
    global version
    with changed:
        new = {item["metadata"]["name"]: item for item in items}
        for name, node in list(nodes.items()):
            if name not in new:
                version += 1
                history.append((version, "DELETED", nodes.pop(name)))
        for name, node in new.items():
            known = nodes.get(name)
            # What a client reported stays.
            if known and "conditions" in known["status"]:
                node["status"].setdefault("conditions", known["status"]["conditions"])
            node["metadata"].pop("resourceVersion", None)
            if known and {**known, "metadata": {**known["metadata"], "resourceVersion": ""}} == {**node, "metadata": {**node["metadata"], "resourceVersion": ""}}:
                continue
            version += 1
            node["metadata"]["resourceVersion"] = str(version)
            history.append((version, "MODIFIED" if known else "ADDED", node))
            nodes[name] = node
        changed.notify_all()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        url = urlparse(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        if url.path != "/api/v1/nodes":
            return self.answer(404, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404})
        if query.get("watch") in ("1", "true"):
            return self.watch(int(query.get("resourceVersion") or 0))
        with changed:
            self.answer(200, {"kind": "NodeList", "apiVersion": "v1", "metadata": {"resourceVersion": str(version)}, "items": list(nodes.values())})

    def watch(self, since):
        if since < start:
            return self.answer(410, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Expired", "code": 410})
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        position = 0
        while True:
            with changed:
                changed.wait_for(lambda: len(history) > position)
                news, position = history[position:], len(history)
            text = b"".join(json.dumps({"type": kind, "object": node}).encode() + b"\n" for at, kind, node in news if at > since)
            if text:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))
                self.wfile.flush()

    def do_PUT(self):
        replace(self.body()["items"])
        self.answer(200, {})

    def do_POST(self):
        body = self.body()
        self.note(body.get("reason", ""))
        self.answer(201, body)

    def do_PATCH(self):
        body = self.body()
        conditions = body.get("status", {}).get("conditions") or []
        self.note(conditions[0]["reason"] if conditions else body.get("reason", ""))
        node = nodes.get(urlparse(self.path).path.split("/")[4])
        if node and conditions:
            new = json.loads(json.dumps(node))
            new["status"]["conditions"] = conditions
            replace([other for other in nodes.values() if other is not node] + [new])
        self.answer(200, body)

    def note(self, reason):
        with changed, open(log, "a") as file:
            file.write(f"{self.command} {urlparse(self.path).path} {reason}\n")

    def body(self):
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, code, value):
        body = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    allow_reuse_address, daemon_threads = True, True


Server((address, port), Handler).serve_forever()
