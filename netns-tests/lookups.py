"""lookups.py MODE NAME ADDRESS STOP LEAST: looks NAME up at 10.96.0.10 over and over until the file STOP is there and it was
looked up LEAST times (a resolver that lost a datagram waits for seconds); prints `asked lost slow`.
Makes the file STOP.MODE once the first answer is there.

lost: without the right answer in the end. slow: answered, but after a second or more.
MODE   udp      one datagram, thirty seconds
       far      the same for a name that is new each time, which another server has to be asked for
       tcp      a connection for each question, no second try
       stream   one connection for all questions; when it ends, a new one and the same question again (RFC 7766 section 6.2.4)
       glibc    as its resolver: A and AAAA at once from one connected socket, rounds of five seconds; an error ends a round
       musl     as its resolver: A and AAAA at once from an unconnected socket, again every two and a half seconds
The resolvers themselves give up after two and five rounds; here after ten times as many, for a machine that is busy with other things.
"""
import os
import random
import select
import socket
import struct
import sys
import time

mode, name, address, stop, least = sys.argv[1:6]
server = ("10.96.0.10", 53)
wanted = socket.inet_aton(address)
asked = lost = slow = 0


def question(name, kind, number):
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return struct.pack(">HHHHHH", number, 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


def is_right(reply, kind, number):
    if len(reply) < 12 or reply[:2] != struct.pack(">H", number) or reply[3] & 15:
        return False
    return kind == 28 or wanted in reply


def datagram(name):
    number = random.randrange(65536)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.settimeout(30)
        out.connect(server)
        out.send(question(name, 1, number))
        return is_right(out.recv(4096), 1, number)


def exchange(connection, name):
    number = random.randrange(65536)
    query = question(name, 1, number)
    connection.sendall(struct.pack(">H", len(query)) + query)
    received = b""
    while len(received) < 2 or len(received) < 2 + struct.unpack(">H", received[:2])[0]:
        more = connection.recv(4096)
        if not more:
            raise ConnectionError("closed")
        received += more
    return is_right(received[2:], 1, number)


def both(name, rounds, seconds, connects):
    numbers = {random.randrange(32768): 1, 32768 + random.randrange(32768): 28}
    done = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        if connects:
            out.connect(server)
        for _ in range(rounds):
            try:
                for number, kind in numbers.items():
                    if number not in done:
                        query = question(name, kind, number)
                        out.send(query) if connects else out.sendto(query, server)
                end = time.monotonic() + seconds
                while len(done) < 2 and (left := end - time.monotonic()) > 0:
                    if select.select([out], [], [], left)[0]:
                        reply = out.recv(4096)
                        for number, kind in numbers.items():
                            if is_right(reply, kind, number):
                                done.add(number)
            except OSError:
                continue
            if len(done) == 2:
                return True
    return False


held = None


def stream(name):
    global held
    for _ in range(2):
        try:
            if held is None:
                held = socket.create_connection(server, timeout=30)
            return exchange(held, name)
        except OSError:
            if held:
                held.close()
            held = None
    return False


def look():
    if mode == "udp":
        return datagram(name)
    if mode == "far":
        return datagram(f"n{asked}-{random.randrange(1 << 30)}.{name}")
    if mode == "tcp":
        with socket.create_connection(server, timeout=30) as connection:
            return exchange(connection, name)
    if mode == "stream":
        return stream(name)
    return both(name, 20, 5, True) if mode == "glibc" else both(name, 50, 2.5, False)


while asked < int(least) or not os.path.exists(stop):
    asked += 1
    begin = time.monotonic()
    try:
        fine = look()
    except OSError:
        fine = False
    took = time.monotonic() - begin
    if not fine:
        lost += 1
        print(f"{mode}: no answer after {took:.3f} s", file=sys.stderr)
    elif asked == 1:
        open(f"{stop}.{mode}", "w").close()
    elif took >= 1:
        slow += 1
    time.sleep(0.002)
print(asked, lost, slow)
