"""What an API server answers, for the stand-ins of the cases and benchmarks: lists in pages, watches, refusals. No program of its own."""
import json
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse


def address(base, number):
    """10.200.3.4 is address(10, 0xc80304)."""
    return f"{base}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


class Handler(BaseHTTPRequestHandler):
    """One connection. A stand-in sets `collections` and says what its watches tell, in `watch`."""

    protocol_version = "HTTP/1.1"
    # By path: the version and kind of the list, how many objects it has, and what makes one by its number.
    collections = {}

    def log_message(self, *_):
        pass

    def do_GET(self):
        url = urlparse(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        if url.path not in self.collections:
            self.refuse(404, "NotFound")
        elif query.get("watch") in ("1", "true"):
            self.watch(url.path, query)
        else:
            self.list(url.path, query)

    def list(self, path, query):
        version, kind, total, make = self.collections[path]
        start, limit = int(query.get("continue") or 0), int(query.get("limit") or total or 1)
        end = min(start + limit, total)
        more = {"continue": str(end)} if end < total else {}
        self.answer(200, {"kind": kind, "apiVersion": version, "metadata": {"resourceVersion": "1", **more},
                          "items": [make(i) for i in range(start, end)]})

    def watch(self, path, query):
        """Calls `begin_watch`, then `tell` for as long as there is something to tell; the watch ends with it."""
        raise NotImplementedError

    def answer(self, code, value):
        body = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, code, reason):
        self.answer(code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code})

    def begin_watch(self):
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def tell(self, *events):
        """Writes events, pairs of a type and an object, in one piece."""
        text = b"".join(json.dumps({"type": kind, "object": value}).encode() + b"\n" for kind, value in events)
        self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))


class Server(ThreadingHTTPServer):
    allow_reuse_address, daemon_threads = True, True
