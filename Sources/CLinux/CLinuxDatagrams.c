#define _GNU_SOURCE
#include "CLinuxDatagrams.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

struct skiff_datagrams {
    unsigned count, received;
    size_t request_bytes, reply_bytes;
    struct mmsghdr *requests, *replies;
    struct iovec *vectors;
    struct sockaddr_storage *peers;
    uint8_t *bytes;
};

struct skiff_datagrams *skiff_datagrams_create(unsigned count, size_t request_bytes, size_t reply_bytes) {
    struct skiff_datagrams *batch = calloc(1, sizeof *batch);
    if (!batch) return 0;
    batch->count = count;
    batch->request_bytes = request_bytes;
    batch->reply_bytes = reply_bytes;
    batch->requests = calloc(count, sizeof *batch->requests);
    batch->replies = calloc(count, sizeof *batch->replies);
    batch->vectors = calloc(count * 2, sizeof *batch->vectors);
    batch->peers = calloc(count, sizeof *batch->peers);
    batch->bytes = calloc(count, request_bytes + reply_bytes);
    if (!batch->requests || !batch->replies || !batch->vectors || !batch->peers || !batch->bytes) {
        skiff_datagrams_destroy(batch);
        return 0;
    }
    for (unsigned i = 0; i < count; i++) {
        uint8_t *start = batch->bytes + i * (request_bytes + reply_bytes);
        batch->vectors[i] = (struct iovec){.iov_base = start, .iov_len = request_bytes};
        batch->vectors[count + i] = (struct iovec){.iov_base = start + request_bytes, .iov_len = 0};
    }
    return batch;
}

void skiff_datagrams_destroy(struct skiff_datagrams *batch) {
    if (!batch) return;
    free(batch->requests);
    free(batch->replies);
    free(batch->vectors);
    free(batch->peers);
    free(batch->bytes);
    free(batch);
}

int skiff_datagrams_receive(struct skiff_datagrams *batch, int socket) {
    for (unsigned i = 0; i < batch->count; i++) {
        batch->requests[i].msg_hdr = (struct msghdr){
            .msg_name = &batch->peers[i], .msg_namelen = sizeof batch->peers[i], .msg_iov = &batch->vectors[i], .msg_iovlen = 1,
        };
        batch->vectors[batch->count + i].iov_len = 0;
    }
    int received = recvmmsg(socket, batch->requests, batch->count, MSG_WAITFORONE, 0);
    batch->received = received > 0 ? (unsigned)received : 0;
    return received < 0 ? -errno : received;
}

const uint8_t *skiff_datagrams_request(const struct skiff_datagrams *batch, unsigned index, size_t *count) {
    const struct mmsghdr *message = &batch->requests[index];
    *count = message->msg_hdr.msg_flags & MSG_TRUNC ? batch->request_bytes + 1 : message->msg_len;
    return batch->vectors[index].iov_base;
}

uint8_t *skiff_datagrams_reply(const struct skiff_datagrams *batch, unsigned index) {
    return batch->vectors[batch->count + index].iov_base;
}

const struct sockaddr_storage *skiff_datagrams_peer(const struct skiff_datagrams *batch, unsigned index, socklen_t *length) {
    *length = batch->requests[index].msg_hdr.msg_namelen;
    return &batch->peers[index];
}

void skiff_datagrams_set_reply(struct skiff_datagrams *batch, unsigned index, size_t count) {
    batch->vectors[batch->count + index].iov_len = count <= batch->reply_bytes ? count : 0;
}

int skiff_datagrams_send(struct skiff_datagrams *batch, int socket) {
    unsigned waiting = 0;
    for (unsigned i = 0; i < batch->received; i++) {
        struct iovec *vector = &batch->vectors[batch->count + i];
        if (!vector->iov_len) continue;
        batch->replies[waiting++].msg_hdr = (struct msghdr){
            .msg_name = &batch->peers[i], .msg_namelen = batch->requests[i].msg_hdr.msg_namelen, .msg_iov = vector,
            .msg_iovlen = 1,
        };
    }
    unsigned done = 0, sent = 0;
    while (done < waiting) {
        int result = sendmmsg(socket, batch->replies + done, waiting - done, 0);
        if (result < 0 && errno == EINTR) continue;
        if (result <= 0) {
            done++;
        } else {
            done += (unsigned)result;
            sent += (unsigned)result;
        }
    }
    return (int)sent;
}

static socklen_t fill(struct sockaddr_storage *target, int family, const uint8_t *address, uint16_t port) {
    memset(target, 0, sizeof *target);
    if (family == AF_INET) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)target;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        memcpy(&v4->sin_addr, address, 4);
        return sizeof *v4;
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)target;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    memcpy(&v6->sin6_addr, address, 16);
    return sizeof *v6;
}

static int refuse(int descriptor) {
    int error = errno;
    close(descriptor);
    return -error;
}

int skiff_name_socket(int family, int type, const uint8_t *address, uint16_t port) {
    int descriptor = socket(family, type | SOCK_CLOEXEC, 0), one = 1, room = 4 << 20;
    if (descriptor < 0) return -errno;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) < 0) return refuse(descriptor);
    if (family == AF_INET6) {
        setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
        setsockopt(descriptor, IPPROTO_IPV6, IPV6_FREEBIND, &one, sizeof one);
    } else {
        setsockopt(descriptor, IPPROTO_IP, IP_FREEBIND, &one, sizeof one);
    }
    /* Beyond net.core.rmem_max only with CAP_NET_ADMIN; without it the limit is what we get. */
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    struct sockaddr_storage target;
    socklen_t length = fill(&target, family, address, port);
    if (bind(descriptor, (struct sockaddr *)&target, length) < 0) return refuse(descriptor);
    if (type == SOCK_STREAM && listen(descriptor, 512) < 0) return refuse(descriptor);
    return descriptor;
}

int skiff_connect_socket(int family, int type, const uint8_t *address, uint16_t port) {
    int descriptor = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;
    if (descriptor < 0) return -errno;
    if (type == SOCK_STREAM) setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct sockaddr_storage target;
    socklen_t length = fill(&target, family, address, port);
    if (connect(descriptor, (struct sockaddr *)&target, length) < 0 && errno != EINPROGRESS) return refuse(descriptor);
    return descriptor;
}

int skiff_socket_name(int socket, int *family, int *type, uint8_t address[16], uint16_t *port) {
    struct sockaddr_storage name;
    socklen_t length = sizeof name, size = sizeof *type;
    if (getsockname(socket, (struct sockaddr *)&name, &length) < 0) return -errno;
    if (getsockopt(socket, SOL_SOCKET, SO_TYPE, type, &size) < 0) return -errno;
    *family = skiff_peer_address(&name, address, port);
    return *family ? 0 : -EAFNOSUPPORT;
}

int skiff_peer_address(const struct sockaddr_storage *peer, uint8_t address[16], uint16_t *port) {
    if (peer->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)peer;
        memcpy(address, &v4->sin_addr, 4);
        *port = ntohs(v4->sin_port);
        return AF_INET;
    }
    if (peer->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)peer;
        memcpy(address, &v6->sin6_addr, 16);
        *port = ntohs(v6->sin6_port);
        return AF_INET6;
    }
    return 0;
}

ssize_t skiff_send_to(int socket, const void *bytes, size_t count, int family, const uint8_t *address, uint16_t port) {
    struct sockaddr_storage target;
    socklen_t length = fill(&target, family, address, port);
    ssize_t sent = sendto(socket, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&target, length);
    return sent < 0 ? -errno : sent;
}

int skiff_accept(int socket, struct sockaddr_storage *peer, socklen_t *length) {
    *length = sizeof *peer;
    int descriptor = accept4(socket, (struct sockaddr *)peer, length, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor < 0) return -errno;
    int one = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return descriptor;
}
