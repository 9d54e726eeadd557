"""Asks a server of policy_answer.py: policy_ask.py tcp|udp ADDRESS PORT. Prints its name, or denied when nothing answers.

With `hold` before the protocol it keeps a TCP connection open: for each line of standard input it sends a line and prints what
comes back, or denied.
"""
import socket
import sys

arguments = sys.argv[1:]
holds = arguments[0] == "hold"
kind, address, port = arguments[1:] if holds else arguments


def ask():
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    client = socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    # The kernel begins a connection at once or not at all; for an answer a busy machine may need longer.
    client.settimeout(0.4)
    try:
        client.connect((address, int(port)))
        client.settimeout(60 if kind == "tcp" else 2)
        if kind == "udp":
            client.send(b"?")
        return client.recv(100).decode().strip(), client
    except (TimeoutError, socket.timeout):
        return "denied", client
    except OSError as error:
        return error.strerror or str(error), client


answer, client = ask()
print(answer, flush=True)
if holds:
    # An answer of a connection that is open may take its time on a busy machine; asking again would mix up the answers.
    client.settimeout(10)
    for line in sys.stdin:
        try:
            client.send(line.encode())
            print(client.recv(100).decode().strip(), flush=True)
        except (TimeoutError, socket.timeout):
            print("denied", flush=True)
