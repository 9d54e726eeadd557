"""Answers TCP and UDP on one port with its name and the client's address: answer.py NAME PORT."""
import socketserver
import sys
import threading

name, port = sys.argv[1], int(sys.argv[2])


class TCP(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(f"{name} {self.client_address[0]}\n".encode())


class UDP(socketserver.BaseRequestHandler):
    def handle(self):
        self.request[1].sendto(f"{name} {self.client_address[0]}\n".encode(), self.client_address)


socketserver.TCPServer.allow_reuse_address = True
tcp = socketserver.ThreadingTCPServer(("", port), TCP)
tcp.daemon_threads = True
udp = socketserver.UDPServer(("", port), UDP)
threading.Thread(target=udp.serve_forever, daemon=True).start()
tcp.serve_forever()
