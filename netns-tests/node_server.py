"""An API server that knows Nodes only: node_server.py ADDRESS PORT LOG.

Lists, watches, takes patches and events. PUT / replaces all Nodes by those of the body's list; watchers hear the difference. Every write of
a client is a line of LOG: METHOD PATH REASON, the reason being that of the condition or the event.
"""
import json
import sys
import threading
import time
from urllib.parse import urlparse

import api_server

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


class Handler(api_server.Handler):
    collections = {"/api/v1/nodes": None}

    def list(self, path, query):
        with changed:
            self.answer(200, {"kind": "NodeList", "apiVersion": "v1", "metadata": {"resourceVersion": str(version)}, "items": list(nodes.values())})

    def watch(self, path, query):
        since = int(query.get("resourceVersion") or 0)
        if since < start:
            return self.refuse(410, "Expired")
        self.begin_watch()
        position = 0
        while True:
            with changed:
                changed.wait_for(lambda: len(history) > position)
                news, position = history[position:], len(history)
            if events := [(kind, node) for at, kind, node in news if at > since]:
                self.tell(*events)

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


api_server.Server((address, port), Handler).serve_forever()
