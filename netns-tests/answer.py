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


def answer_datagrams():
    """From the address that was asked, as servers with several addresses must."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as server:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        server.bind(("", port))
        while True:
            try:
                _, ancillary, _, client = server.recvmsg(100, socket.CMSG_SPACE(20))
                own = [(level, kind, data[:16] + bytes(4)) for level, kind, data in ancillary]
                server.sendmsg([f"{name} {plain(client[0])}\n".encode()], own, 0, client)
            except OSError:
                continue


# One socket for both families: a host without IPv6 still has the other.
socketserver.TCPServer.allow_reuse_address = True
socketserver.TCPServer.address_family = socket.AF_INET6
tcp = socketserver.ThreadingTCPServer(("", port), TCP)
tcp.daemon_threads = True
threading.Thread(target=answer_datagrams, daemon=True).start()
tcp.serve_forever()
