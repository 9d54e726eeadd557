"""Answers TCP and UDP of both families with its name: policy_answer.py NAME PORT..."""
import contextlib
import socket
import sys
import threading

name, ports = sys.argv[1], [int(port) for port in sys.argv[2:]]


def tcp(port):
    server = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=128)
    while True:
        client, _ = server.accept()
        threading.Thread(target=talk, args=(client,), daemon=True).start()


def talk(client):
    with client, contextlib.suppress(OSError):
        client.sendall(f"{name}\n".encode())
        while data := client.recv(100):
            client.sendall(data)


def udp(port):
    server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    server.bind(("::", port))
    while True:
        _, client = server.recvfrom(100)
        server.sendto(f"{name}\n".encode(), client)


for port in ports:
    for serve in tcp, udp:
        threading.Thread(target=serve, args=(port,), daemon=True).start()
threading.Event().wait()
