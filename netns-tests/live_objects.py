"""An API server whose objects a test exchanges: live_objects.py PORT.

PUT /objects takes a List and replaces everything by it; watchers hear the difference. PUT /faults takes an object: `refuse` (collection ->
HTTP status, for lists and watches of it), `expire` (true: watches end with 410, and older versions are gone), `garbage` (true: watches end in the
middle of a line). Every fault cuts the watches that run; lists and watches that were asked for are counted by GET /asked.
"""
import json
import sys
import threading
import time
from urllib.parse import parse_qs, urlparse

import api_server

KINDS = {
    "/api/v1/services": ("v1", "Service"), "/api/v1/nodes": ("v1", "Node"),
    "/apis/discovery.k8s.io/v1/endpointslices": ("discovery.k8s.io/v1", "EndpointSlice"),
    "/apis/networking.k8s.io/v1/servicecidrs": ("networking.k8s.io/v1", "ServiceCIDR"),
}
changed = threading.Condition()
# No server that starts later knows the versions of this one.
version = oldest = int(time.time() * 1000)
era = 0
objects, history, faults, asked = {}, [], {}, {}


def name(item):
    return item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]


def replace(items):
    global version
    with changed:
        new = {name(item): item for item in items}
        gone = [("DELETED", item) for key, item in objects.items() if key not in new]
        come = [("MODIFIED" if key in objects else "ADDED", item) for key, item in new.items()
                if {**objects.get(key, {}), "metadata": 0} != {**item, "metadata": 0}
                or {**objects[key]["metadata"], "resourceVersion": ""} != {**item["metadata"], "resourceVersion": ""}]
        for verb, item in gone + come:
            version += 1
            item = {**item, "metadata": {**item["metadata"], "resourceVersion": str(version)}}
            if verb == "DELETED":
                del objects[name(item)]
            else:
                objects[name(item)] = item
            history.append((version, verb, item))
        changed.notify_all()


def fail(wanted):
    global faults, era, oldest
    with changed:
        faults, era = wanted, era + 1
        if wanted.get("expire"):
            oldest = version
        changed.notify_all()


class Handler(api_server.Handler):
    def do_GET(self):
        url = urlparse(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        if url.path == "/asked":
            return self.answer(200, asked)
        if url.path not in KINDS:
            return self.refuse(404, "NotFound")
        watches = query.get("watch") in ("1", "true")
        plural = url.path.rsplit("/", 1)[1]
        with changed:
            key = f"{'watch' if watches else 'list'} {plural}"
            asked[key] = asked.get(key, 0) + 1
            refusal = faults.get("refuse", {}).get(plural)
        if refusal:
            return self.refuse(refusal, "InternalError")
        group, kind = KINDS[url.path]
        one = query.get("fieldSelector", "").removeprefix("metadata.name=")
        if watches:
            return self.watch(int(query.get("resourceVersion") or 0), kind, one)
        with changed:
            items = [item for key, item in objects.items() if key[0] == kind and one in ("", key[2])]
            self.answer(200, {"kind": kind + "List", "apiVersion": group, "metadata": {"resourceVersion": str(version)}, "items": items})

    def watch(self, since, kind, one):
        with changed:
            mine = era
            if since < oldest:
                return self.refuse(410, "Expired")
            position = len(history)
            while position and history[position - 1][0] > since:
                position -= 1
        self.begin_watch()
        while True:
            with changed:
                changed.wait_for(lambda: len(history) > position or era != mine)
                news, position, over = history[position:], len(history), era != mine
                how = faults
            lines = [json.dumps({"type": verb, "object": item}) + "\n" for _, verb, item in news
                     if item["kind"] == kind and one in ("", item["metadata"]["name"])]
            if over and how.get("expire"):
                status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Expired", "code": 410}
                lines.append(json.dumps({"type": "ERROR", "object": status}) + "\n")
            if over and how.get("garbage"):
                lines.append('{"type": "MODIFIED", "object": {"kind": ')
            text = "".join(lines).encode()
            if text:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))
            if over:
                self.wfile.write(b"0\r\n\r\n")
                self.close_connection = True
                return
            self.wfile.flush()

    def do_PUT(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/objects":
            replace(body["items"])
        else:
            fail(body)
        self.answer(200, {})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with changed:
            reason = f"event {body.get('reason', '')}"
            asked[reason] = asked.get(reason, 0) + 1
        self.answer(201, body)


api_server.Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
