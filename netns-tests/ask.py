"""Asks a server of answer.py: ask.py tcp|udp ADDRESS PORT [TIMES]. Prints each distinct answer once, sorted and joined by commas."""
import errno
import socket
import sys

kind, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
times = int(sys.argv[4]) if len(sys.argv) > 4 else 1


def ask():
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as client:
        # The kernel begins a connection, and sends a second SYN after one second; for an answer a busy machine may need longer.
        client.settimeout(2.5)
        try:
            client.connect((address, port))
            client.settimeout(60 if kind == "tcp" else 10)
            if kind == "udp":
                client.send(b"?")
            answer = client.recv(100).decode().strip()
            return answer or "closed"
        except ConnectionRefusedError:
            return "refused"
        except (TimeoutError, socket.timeout):
            return "timeout"
        except OSError as error:
            return "refused" if error.errno == errno.EPERM else "unreachable"


print(",".join(sorted({ask() for _ in range(times)})))
