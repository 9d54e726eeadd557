"""Answers TCP and UDP on one port with its name and the client's address: answer.py NAME PORT."""
import socket
import socketserver
import sys
import threading

name, port = sys.argv[1], int(sys.argv[2])


def plain(address):
    return address.removeprefix("::ffff:")


class TCP(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(f"{name} {plain(self.client_address[0])}\n".encode())


class UDP(socketserver.BaseRequestHandler):
    def handle(self):
        self.request[1].sendto(f"{name} {plain(self.client_address[0])}\n".encode(), self.client_address)


# One socket for both families: a host without IPv6 still has the other.
socketserver.TCPServer.allow_reuse_address = True
socketserver.TCPServer.address_family = socket.AF_INET6
tcp = socketserver.ThreadingTCPServer(("", port), TCP)
tcp.daemon_threads = True
udp = socketserver.UDPServer(("", port), UDP)
threading.Thread(target=udp.serve_forever, daemon=True).start()
tcp.serve_forever()
