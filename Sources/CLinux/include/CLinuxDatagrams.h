#pragma once
// Many datagrams per system call, and sockets for name servers.
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/// A batch of received datagrams, each with room for its answer. Used by one thread at a time.
struct skiff_datagrams;

/// Room for `count` datagrams of at most `request_bytes`, with answers of at most `reply_bytes`; null without memory.
struct skiff_datagrams *skiff_datagrams_create(unsigned count, size_t request_bytes, size_t reply_bytes);
void skiff_datagrams_destroy(struct skiff_datagrams *batch);

/// Waits for one datagram and takes what else is there. Returns how many; -EAGAIN after the socket's receive timeout, -errno.
int skiff_datagrams_receive(struct skiff_datagrams *batch, int socket);
/// The bytes of one received datagram; `*count` is beyond `request_bytes` for one that was cut off.
const uint8_t *skiff_datagrams_request(const struct skiff_datagrams *batch, unsigned index, size_t *count);
/// Where the answer goes: its room, and who asked.
uint8_t *skiff_datagrams_reply(const struct skiff_datagrams *batch, unsigned index);
const struct sockaddr_storage *skiff_datagrams_peer(const struct skiff_datagrams *batch, unsigned index, socklen_t *length);
/// Says how long the answer is; zero: no answer.
void skiff_datagrams_set_reply(struct skiff_datagrams *batch, unsigned index, size_t count);
/// Sends every answer; one that the kernel refuses is dropped. Returns how many were sent.
int skiff_datagrams_send(struct skiff_datagrams *batch, int socket);

/// Opens, sets up and binds a socket: `type` is SOCK_DGRAM or SOCK_STREAM, `family` AF_INET or AF_INET6, `address` in network
/// order. Several may share the address and port; the address need not be there yet. A stream socket listens.
/// Returns the descriptor, or -errno.
int skiff_name_socket(int family, int type, const uint8_t *address, uint16_t port);
/// A socket connected to a server, not blocking: a stream socket may still be connecting. Returns it, or -errno.
int skiff_connect_socket(int family, int type, const uint8_t *address, uint16_t port);
/// The address that a socket is bound to: family, 4 or 16 bytes in network order, port; type SOCK_*. 0, or -errno.
int skiff_socket_name(int socket, int *family, int *type, uint8_t address[16], uint16_t *port);
/// Family, address in network order and port of a peer; 0 for another family.
int skiff_peer_address(const struct sockaddr_storage *peer, uint8_t address[16], uint16_t *port);
/// Sends one datagram without waiting. Returns the bytes sent, or -errno.
ssize_t skiff_send_to(int socket, const void *bytes, size_t count, int family, const uint8_t *address, uint16_t port);
/// Accepts a connection, not blocking and closed on exec. Returns it, or -errno.
int skiff_accept(int socket, struct sockaddr_storage *peer, socklen_t *length);
