"""How long after an endpoint's event its element stands in the kernel: bench_lag.py LOG SECONDS.

Listens to what nf_tables reports about its commits, and compares with the LOG of `objects_server.py ... spread`. Prints
`changes p50-ms p99-ms worst-ms missing`. Runs until the server is done, or half a minute longer than SECONDS.
"""
import os
import re
import socket
import sys
import time

log, seconds = sys.argv[1], float(sys.argv[2])
listener = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)  # NETLINK_NETFILTER
listener.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
listener.bind((0, 0))
listener.setsockopt(270, 1, 7)  # NETLINK_ADD_MEMBERSHIP, NFNLGRP_NFTABLES
listener.settimeout(0.5)
open(log + ".go", "w").close()
# The value of an element: 172.16.0.0/12 and port 8080, as the map `endpoints` holds them.
value = re.compile(rb"\xac[\x10-\x1f]..\x1f\x90\x00\x00", re.S)
seen = {}
begin = time.monotonic()
last = begin
while time.monotonic() - begin < seconds + 30:
    try:
        datagram = listener.recv(1 << 20)
    except TimeoutError:
        if os.path.exists(log + ".done") and time.monotonic() - last > 2:
            break
        continue
    except OSError:
        continue  # the kernel had to drop reports
    last = time.monotonic()
    # Several messages: what came (12) and what went (14), each with its length in front.
    start = 0
    while start + 16 <= len(datagram):
        length = int.from_bytes(datagram[start:start + 4], "little")
        if length < 16:
            break
        if datagram[start + 4] == 12:
            for found in value.findall(datagram[start:start + length]):
                seen.setdefault(socket.inet_ntoa(found[:4]), last)
        start += (length + 3) & ~3
lags, missing = [], 0
for line in open(log):
    at, _, come = line.split()
    if come in seen:
        lags.append((seen[come] - float(at)) * 1000)
    else:
        missing += 1
lags.sort()
if lags:
    print(f"{len(lags) + missing} {lags[len(lags) // 2]:.2f} {lags[int(len(lags) * 0.99)]:.2f} {lags[-1]:.2f} {missing}")
else:
    print(f"{missing} - - - {missing}")
