"""A name server for tests: upstream.py ADDRESS PORT LOG. Logs each question as `transport name type`.

Names below example.com have the address 192.0.2.1 (AAAA: no record); `ttlN.` in front sets the time to live; a label
`slowN` anywhere keeps a UDP answer back for N milliseconds. `big.example.com` has a
hundred addresses and is truncated over UDP. `empty.example.com` has no record. Everything else does not exist.
While the file LOG.dead is there, nothing is answered.
"""
import os
import re
import socket
import struct
import sys
import threading

address, port, log = sys.argv[1], int(sys.argv[2]), sys.argv[3]


def answer(query, over):
    labels, position = [], 12
    while query[position]:
        labels.append(query[position + 1:position + 1 + query[position]].decode())
        position += 1 + query[position]
    kind = struct.unpack(">H", query[position + 1:position + 3])[0]
    question = query[12:position + 5]
    name = ".".join(labels).lower()
    with open(log, "a") as file:
        file.write(f"{over} {name} {kind}\n")
    if os.path.exists(log + ".dead"):
        return None
    ttl = int((re.match(r"ttl(\d+)\.", name) or [0, 60])[1])
    addresses = []
    code = 0
    if name == "big.example.com":
        addresses = [bytes([192, 0, 3, i]) for i in range(100)]
    elif name != "empty.example.com" and (name == "example.com" or name.endswith(".example.com")):
        addresses = [bytes([192, 0, 2, 1])]
    elif name != "empty.example.com":
        code = 3
    if kind != 1:
        addresses = []
    flags = 0x8180 | code
    if over == "udp" and len(addresses) > 20:
        addresses, flags = [], flags | 0x0200
    records = b"".join(struct.pack(">HHHIH", 0xC00C, 1, 1, ttl, 4) + a for a in addresses)
    authority = b""
    if not addresses and not flags & 0x0200:
        soa = b"\x02ns\x00\x04root\x00" + struct.pack(">IIIII", 1, 2, 3, 4, 20)
        authority = b"\x00" + struct.pack(">HHIH", 6, 1, 60, len(soa)) + soa
    head = query[:2] + struct.pack(">HHHHH", flags, 1, len(addresses), 1 if authority else 0, 0)
    return head + question + records + authority


def datagrams():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, port))
    while True:
        query, peer = server.recvfrom(4096)
        reply = answer(query, "udp")
        if reply:
            slow = re.search(rb"slow(\d+)", query)
            if slow:
                threading.Timer(int(slow[1]) / 1000, server.sendto, (reply, peer)).start()
            else:
                server.sendto(reply, peer)


def streams():
    server = socket.create_server((address, port))
    while True:
        client, _ = server.accept()
        query = client.recv(4096)
        reply = answer(query[2:], "tcp")
        if reply:
            client.sendall(struct.pack(">H", len(reply)) + reply)
        client.close()


threading.Thread(target=datagrams, daemon=True).start()
streams()
