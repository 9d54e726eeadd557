#define _GNU_SOURCE
#include "CLinuxProbe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Probes without an outcome that keep their socket open. */
#define LATE_MAX 1000

struct run {
    struct skiff_probe *probes;
    const struct skiff_probe_setup *setup;
    struct skiff_probe_prefixes *prefixes;
    /* Probe number + 1 by hash of its tuple; open addressing. */
    uint32_t *table;
    size_t mask;
    int *sockets;
    uint64_t *started;
    size_t count;
    int answerers;
};

static uint64_t now_microseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

static size_t address_bytes(uint8_t family) { return family == 4 ? 4 : 16; }

static uint64_t mix(uint64_t hash, const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) hash = (hash ^ bytes[i]) * 1099511628211ULL;
    return hash;
}

static uint64_t tuple_hash(
    uint8_t family, uint8_t protocol, const uint8_t *source, const uint8_t *destination, uint16_t port) {
    uint8_t rest[4] = {family, protocol, (uint8_t)(port >> 8), (uint8_t)port};
    uint64_t hash = mix(14695981039346656037ULL, rest, sizeof rest);
    hash = mix(hash, source, address_bytes(family));
    hash = mix(hash, destination, address_bytes(family));
    return hash ^ hash >> 29;
}

static void index_probes(struct run *run, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct skiff_probe *probe = &run->probes[i];
        size_t at = tuple_hash(probe->family, probe->protocol, probe->source, probe->destination, probe->destination_port);
        for (at &= run->mask; run->table[at]; at = (at + 1) & run->mask) {
        }
        run->table[at] = (uint32_t)i + 1;
    }
}

static void finish(struct run *run, size_t index, uint8_t outcome, int error) {
    struct skiff_probe *probe = &run->probes[index];
    if (probe->outcome != SKIFF_PROBE_PENDING) return;
    probe->outcome = outcome;
    probe->error = error;
    probe->microseconds = (uint32_t)(now_microseconds() - run->started[index]);
    if (run->sockets[index] >= 0) close(run->sockets[index]);
    run->sockets[index] = -1;
}

static uint16_t prefix_number(struct skiff_probe_prefixes *prefixes, const char *text, size_t length) {
    if (length >= SKIFF_PROBE_PREFIX_BYTES) length = SKIFF_PROBE_PREFIX_BYTES - 1;
    for (int i = 0; i < prefixes->count; i++) {
        const char *known = prefixes->text + (size_t)i * SKIFF_PROBE_PREFIX_BYTES;
        if (strncmp(known, text, length) == 0 && known[length] == 0) return (uint16_t)i;
    }
    if (prefixes->count == SKIFF_PROBE_PREFIXES_MAX) return 0;
    char *added = prefixes->text + (size_t)prefixes->count * SKIFF_PROBE_PREFIX_BYTES;
    memcpy(added, text, length);
    added[length] = 0;
    return (uint16_t)prefixes->count++;
}

/* A dropped packet: whose was it? */
static void take_packet(struct run *run, const uint8_t *packet, size_t length, const char *prefix, size_t prefix_length) {
    if (length < 28) return;
    uint8_t family = packet[0] >> 4, protocol;
    const uint8_t *source, *destination, *transport;
    if (family == 4) {
        protocol = packet[9], source = packet + 12, destination = packet + 16, transport = packet + (packet[0] & 15) * 4;
    } else if (family == 6 && length >= 48) {
        protocol = packet[6], source = packet + 8, destination = packet + 24, transport = packet + 40;
    } else {
        return;
    }
    if (transport + 4 > packet + length) return;
    uint16_t port = (uint16_t)(transport[2] << 8 | transport[3]);
    size_t at = tuple_hash(family, protocol, source, destination, port);
    for (at &= run->mask; run->table[at]; at = (at + 1) & run->mask) {
        size_t index = run->table[at] - 1;
        struct skiff_probe *probe = &run->probes[index];
        if (probe->family != family || probe->protocol != protocol || probe->destination_port != port) continue;
        if (memcmp(probe->source, source, address_bytes(family)) != 0) continue;
        if (memcmp(probe->destination, destination, address_bytes(family)) != 0) continue;
        if (probe->outcome != SKIFF_PROBE_PENDING || run->started[index] == 0) return;
        probe->prefix = prefix_number(run->prefixes, prefix, prefix_length);
        finish(run, index, SKIFF_PROBE_DROPPED, 0);
        return;
    }
}

static void drain_log(struct run *run) {
    static _Alignas(8) uint8_t buffer[1 << 17];
    for (;;) {
        ssize_t count = recv(run->setup->log_socket, buffer, sizeof buffer, MSG_DONTWAIT);
        if (count < 0 && (errno == EINTR || errno == ENOBUFS)) continue;
        if (count <= 0) return;
        int left = (int)count;
        for (struct nlmsghdr *message = (void *)buffer; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
            if (message->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET)) continue;
            const uint8_t *at = (uint8_t *)message + NLMSG_HDRLEN + sizeof(struct nfgenmsg);
            const uint8_t *end = (uint8_t *)message + message->nlmsg_len, *packet = 0;
            size_t packet_length = 0, prefix_length = 0;
            const char *prefix = "";
            while (at + sizeof(struct nlattr) <= end) {
                const struct nlattr *attribute = (const void *)at;
                if (attribute->nla_len < NLA_HDRLEN || at + attribute->nla_len > end) break;
                size_t length = attribute->nla_len - NLA_HDRLEN;
                switch (attribute->nla_type & NLA_TYPE_MASK) {
                case NFULA_PAYLOAD: packet = at + NLA_HDRLEN, packet_length = length; break;
                case NFULA_PREFIX: prefix = (const char *)at + NLA_HDRLEN, prefix_length = strnlen(prefix, length); break;
                default: break;
                }
                at += NLA_ALIGN(attribute->nla_len);
            }
            if (packet) take_packet(run, packet, packet_length, prefix, prefix_length);
        }
    }
}

/* SCTP's checksum, RFC 9260 appendix A. */
static uint32_t crc32c(const uint8_t *bytes, size_t count) {
    uint32_t crc = ~0U;
    for (size_t i = 0; i < count; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0x82f63b78U : crc >> 1;
    }
    return ~crc;
}

/* An INIT chunk whose initiate tag names the probe, so that its arrival is seen without an SCTP stack. */
static size_t sctp_init(uint8_t *bytes, uint16_t port, uint32_t index) {
    memset(bytes, 0, 32);
    bytes[0] = 0xc0, bytes[1] = 0x01, bytes[2] = (uint8_t)(port >> 8), bytes[3] = (uint8_t)port;
    bytes[12] = 1, bytes[15] = 20;  /* chunk INIT, its length */
    uint32_t tag = htonl(index + 1), window = htonl(65536), first = htonl(1);
    memcpy(bytes + 16, &tag, 4);
    memcpy(bytes + 20, &window, 4);
    bytes[25] = 1, bytes[27] = 1;  /* one stream each way */
    memcpy(bytes + 28, &first, 4);
    uint32_t crc = crc32c(bytes, 32);
    bytes[8] = (uint8_t)crc, bytes[9] = (uint8_t)(crc >> 8), bytes[10] = (uint8_t)(crc >> 16), bytes[11] = (uint8_t)(crc >> 24);
    return 32;
}

/* Answers datagrams, and takes note of SCTP packets that arrived. */
static void serve(struct run *run) {
    struct epoll_event events[64];
    int ready;
    while ((ready = epoll_wait(run->answerers, events, 64, 0)) > 0) {
        for (int i = 0; i < ready; i++) {
            uint8_t bytes[2048];
            struct sockaddr_storage peer;
            for (;;) {
                socklen_t length = sizeof peer;
                int fd = (int)(uint32_t)events[i].data.u64;
                ssize_t count = recvfrom(fd, bytes, sizeof bytes, MSG_DONTWAIT, (void *)&peer, &length);
                if (count < 0) break;
                if (!(events[i].data.u64 >> 32)) {
                    sendto(fd, bytes, (size_t)count, MSG_DONTWAIT, (void *)&peer, length);
                    continue;
                }
                size_t header = peer.ss_family == AF_INET ? (size_t)(bytes[0] & 15) * 4 : 0;
                if ((size_t)count < header + 20 || bytes[header + 12] != 1) continue;
                uint32_t tag;
                memcpy(&tag, bytes + header + 16, 4);
                size_t index = ntohl(tag) - 1;
                if (index < run->count && run->started[index]) finish(run, index, SKIFF_PROBE_ANSWERED, 0);
            }
        }
    }
}

static socklen_t socket_address(const struct skiff_probe *probe, struct sockaddr_storage *address) {
    memset(address, 0, sizeof *address);
    if (probe->family == 4) {
        struct sockaddr_in *four = (void *)address;
        four->sin_family = AF_INET;
        four->sin_port = probe->protocol == IPPROTO_SCTP ? 0 : htons(probe->target_port);
        memcpy(&four->sin_addr, probe->target, 4);
        return sizeof *four;
    }
    struct sockaddr_in6 *six = (void *)address;
    six->sin6_family = AF_INET6;
    six->sin6_port = probe->protocol == IPPROTO_SCTP ? 0 : htons(probe->target_port);
    memcpy(&six->sin6_addr, probe->target, 16);
    return sizeof *six;
}

static void start(struct run *run, size_t index) {
    struct skiff_probe *probe = &run->probes[index];
    int type = probe->protocol == IPPROTO_TCP ? SOCK_STREAM : probe->protocol == IPPROTO_UDP ? SOCK_DGRAM : SOCK_RAW;
    int fd = socket(
        probe->family == 4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC,
        probe->protocol == IPPROTO_SCTP ? IPPROTO_SCTP : 0);
    run->sockets[index] = fd;
    run->started[index] = now_microseconds();
    if (fd < 0) return finish(run, index, SKIFF_PROBE_FAILED, errno);
    struct sockaddr_storage address;
    socklen_t length = socket_address(probe, &address);
    if (probe->protocol == IPPROTO_SCTP) {
        uint8_t packet[32];
        size_t count = sctp_init(packet, probe->target_port, (uint32_t)index);
        if (sendto(fd, packet, count, 0, (void *)&address, length) < 0) finish(run, index, SKIFF_PROBE_FAILED, errno);
        return;
    }
    if (probe->protocol == IPPROTO_TCP) {
        /* Closing resets the connection: nothing of it stays behind. */
        struct linger linger = {1, 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    if (connect(fd, (void *)&address, length) < 0 && errno != EINPROGRESS)
        return finish(run, index, SKIFF_PROBE_FAILED, errno);
    if (probe->protocol == IPPROTO_UDP) {
        uint8_t bytes[8] = {'s', 'k', 'i', 'f', 'f'};
        if (send(fd, bytes, sizeof bytes, 0) < 0) finish(run, index, SKIFF_PROBE_FAILED, errno);
    }
}

/* What a socket says: an answer, or an error. A refusal is an answer too, for the packet got there. */
static void look(struct run *run, size_t index, short events) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(run->sockets[index], SOL_SOCKET, SO_ERROR, &error, &length);
    if (error == 0 && !(events & (POLLIN | POLLOUT))) return;
    if (error == 0 || error == ECONNREFUSED) finish(run, index, SKIFF_PROBE_ANSWERED, 0);
    else finish(run, index, SKIFF_PROBE_FAILED, error);
}

/* Waits for the probes of `list`, at most `milliseconds` without progress; leaves the pending ones in it. */
static size_t await(struct run *run, uint32_t *list, size_t count, struct pollfd *polled, int milliseconds) {
    for (;;) {
        serve(run);
        drain_log(run);
        size_t left = 0;
        for (size_t i = 0; i < count; i++)
            if (run->probes[list[i]].outcome == SKIFF_PROBE_PENDING) list[left++] = list[i];
        count = left;
        if (!count) return 0;
        for (size_t i = 0; i < count; i++) {
            short events = run->probes[list[i]].protocol == IPPROTO_TCP ? POLLOUT : POLLIN;
            polled[i] = (struct pollfd){.fd = run->sockets[list[i]], .events = events};
        }
        polled[count] = (struct pollfd){.fd = run->setup->log_socket, .events = POLLIN};
        polled[count + 1] = (struct pollfd){.fd = run->answerers, .events = POLLIN};
        int ready = poll(polled, count + 2, milliseconds);
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return count;
        for (size_t i = 0; i < count; i++)
            if (polled[i].revents && run->probes[list[i]].outcome == SKIFF_PROBE_PENDING) look(run, list[i], polled[i].revents);
    }
}

/* Sends the probes of `list` batch by batch; returns how many of them, moved to its front, have no outcome. */
static ssize_t send_all(struct run *run, uint32_t *list, size_t count, struct pollfd *polled, int batch) {
    size_t late = 0;
    int current = -1;
    for (size_t from = 0; from < count; from += (size_t)batch) {
        size_t size = count - from < (size_t)batch ? count - from : (size_t)batch;
        for (size_t i = 0; i < size; i++) {
            uint32_t index = list[from + i];
            int namespace = run->probes[index].source_namespace;
            if (namespace != current && setns(namespace, CLONE_NEWNET) < 0) return -errno;
            current = namespace;
            start(run, index);
        }
        size_t pending = await(run, list + from, size, polled, 20);
        memmove(list + late, list + from, pending * sizeof *list);
        late += pending;
        if (late < LATE_MAX) continue;
        /* Something swallows packets without a word: open sockets must not grow with it. */
        late = await(run, list, late, polled, run->setup->timeout_milliseconds);
        for (size_t i = 0; i < late; i++) finish(run, list[i], SKIFF_PROBE_SILENT, 0);
        late = 0;
    }
    return (ssize_t)await(run, list, late, polled, run->setup->timeout_milliseconds);
}

static void forget(struct run *run, uint32_t *list, size_t count) {
    for (size_t i = 0; i < count; i++) {
        close(run->sockets[list[i]]);
        run->sockets[list[i]] = -1;
    }
}

static int perform(struct run *run, uint32_t *list, size_t count, struct pollfd *polled) {
    for (size_t i = 0; i < count; i++) list[i] = (uint32_t)i;
    ssize_t left = send_all(run, list, count, polled, run->setup->batch);
    if (left > 0) {
        /* Reports may have been lost in a full buffer: once more, a few at a time. */
        forget(run, list, (size_t)left);
        left = send_all(run, list, (size_t)left, polled, 16);
    }
    if (left > 0) {
        size_t silent = (size_t)left;
        for (size_t i = 0; i < silent; i++) finish(run, list[i], SKIFF_PROBE_SILENT, 0);
    }
    if (setns(run->setup->home_namespace, CLONE_NEWNET) < 0) return -errno;
    return left < 0 ? (int)left : 0;
}

int skiff_probe_run(
    struct skiff_probe *probes, size_t count, const struct skiff_probe_setup *setup, struct skiff_probe_prefixes *prefixes) {
    struct run run = {.probes = probes, .count = count, .setup = setup, .prefixes = prefixes, .mask = 1};
    while (run.mask < count * 2 + 2) run.mask *= 2;
    run.table = calloc(run.mask, sizeof *run.table);
    run.mask -= 1;
    run.sockets = malloc((count + 1) * sizeof *run.sockets);
    run.started = calloc(run.mask + 1, sizeof *run.started);
    uint32_t *list = malloc((count + 1) * sizeof *list);
    size_t polled_count = (size_t)setup->batch + LATE_MAX + 2;
    struct pollfd *polled = malloc(polled_count * sizeof *polled);
    run.answerers = epoll_create1(EPOLL_CLOEXEC);
    int result = -ENOMEM;
    if (run.table && run.sockets && run.started && list && polled && run.answerers >= 0) {
        for (size_t i = 0; i < count; i++) run.sockets[i] = -1, probes[i].outcome = SKIFF_PROBE_PENDING;
        for (size_t i = 0; i < setup->answerer_count; i++) {
            int fd = setup->answerers[i], type = 0;
            socklen_t length = sizeof type;
            getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length);
            struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)(type == SOCK_RAW) << 32 | (uint32_t)fd};
            epoll_ctl(run.answerers, EPOLL_CTL_ADD, fd, &event);
        }
        index_probes(&run, count);
        result = perform(&run, list, count, polled);
    }
    if (run.answerers >= 0) close(run.answerers);
    free(polled);
    free(list);
    free(run.started);
    free(run.sockets);
    free(run.table);
    return result;
}

static int configure(int fd, uint16_t group, const void *attribute, size_t length) {
    struct {
        struct nlmsghdr header;
        struct nfgenmsg family;
        uint8_t attributes[32];
    } request = {
        .header = {
            .nlmsg_len = (uint32_t)(NLMSG_LENGTH(sizeof(struct nfgenmsg)) + length),
            .nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG,
            .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
        },
        .family = {.version = NFNETLINK_V0, .res_id = htons(group)},
    };
    memcpy(request.attributes, attribute, length);
    if (send(fd, &request, request.header.nlmsg_len, 0) < 0) return -errno;
    _Alignas(8) uint8_t answer[512];
    ssize_t count = recv(fd, answer, sizeof answer, 0);
    if (count < (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr))) return -EPROTO;
    struct nlmsgerr *error = NLMSG_DATA((struct nlmsghdr *)answer);
    return error->error;
}

int skiff_nflog_open(uint16_t group) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    if (fd < 0) return -errno;
    int bytes = 64 << 20;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    struct {
        struct nlattr header;
        struct nfulnl_msg_config_cmd command;
        uint8_t padding[3];
    } bind_group = {.header = {.nla_len = 5, .nla_type = NFULA_CFG_CMD}, .command = {.command = NFULNL_CFG_CMD_BIND}};
    struct {
        struct nlattr header;
        struct nfulnl_msg_config_mode mode;
        uint8_t padding[2];
    } mode = {
        .header = {.nla_len = 10, .nla_type = NFULA_CFG_MODE},
        .mode = {.copy_range = htonl(96), .copy_mode = NFULNL_COPY_PACKET},
    };
    struct {
        struct nlattr header;
        uint32_t threshold;
    } threshold = {.header = {.nla_len = 8, .nla_type = NFULA_CFG_QTHRESH}, .threshold = htonl(1)};
    int refused = configure(fd, group, &bind_group, sizeof bind_group);
    if (!refused) refused = configure(fd, group, &mode, sizeof mode);
    if (!refused) refused = configure(fd, group, &threshold, sizeof threshold);
    if (!refused) return fd;
    close(fd);
    return refused;
}

int skiff_probe_listen(uint8_t protocol, uint8_t family, uint16_t port) {
    int fd, one = 1, zero = 0;
    if (protocol == IPPROTO_SCTP) {
        fd = socket(family == 4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_SCTP);
        return fd < 0 ? -errno : fd;
    }
    int type = (protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
    fd = socket(AF_INET6, type, 0);
    int bound;
    if (fd >= 0) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        bound = bind(fd, (void *)&six, sizeof six);
    } else {
        fd = socket(AF_INET, type, 0);
        if (fd < 0) return -errno;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        bound = bind(fd, (void *)&four, sizeof four);
    }
    if (bound == 0 && protocol == IPPROTO_TCP) {
        /* A handshake leaves nothing to accept: the client resets it before it would send. */
        int seconds = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds);
        bound = listen(fd, 65535);
    }
    if (bound == 0) return fd;
    int error = errno;
    close(fd);
    return -error;
}

/* One exchange with one client; a client that says nothing for a second is told nothing. */
static void answer_connection(int fd, const char *name) {
    char request[2048], response[512];
    struct timeval patience = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ssize_t count = recv(fd, request, sizeof request - 1, 0);
    if (count > 0) {
        request[count] = 0;
        const char *format = strstr(request, "HTTP/1.")
            ? "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n%s\n" : "%s\n";
        int length = snprintf(response, sizeof response, format, name);
        (void)!send(fd, response, (size_t)length, MSG_NOSIGNAL);
        shutdown(fd, SHUT_WR);
    }
    close(fd);
}

void skiff_probe_answer(const int *listeners, const char *const *names, size_t count) {
    struct pollfd *polled = calloc(count ? count : 1, sizeof *polled);
    if (!polled) return;
    for (size_t i = 0; i < count; i++) polled[i] = (struct pollfd){.fd = listeners[i], .events = POLLIN};
    for (;;) {
        if (poll(polled, count, -1) < 0) continue;
        for (size_t i = 0; i < count; i++) {
            if (!(polled[i].revents & POLLIN)) continue;
            int type = 0;
            socklen_t length = sizeof type;
            getsockopt(listeners[i], SOL_SOCKET, SO_TYPE, &type, &length);
            if (type == SOCK_STREAM) {
                int fd = accept(listeners[i], 0, 0);
                if (fd >= 0) answer_connection(fd, names[i]);
                continue;
            }
            char bytes[2048];
            struct sockaddr_storage peer;
            socklen_t size = sizeof peer;
            if (recvfrom(listeners[i], bytes, sizeof bytes, MSG_DONTWAIT, (void *)&peer, &size) < 0 || type == SOCK_RAW) continue;
            int said = snprintf(bytes, sizeof bytes, "%s\n", names[i]);
            sendto(listeners[i], bytes, (size_t)said, MSG_DONTWAIT, (void *)&peer, size);
        }
    }
}

static int write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    int result = write(fd, text, strlen(text)) < 0 ? -errno : 0;
    close(fd);
    return result;
}

int skiff_lab_enter(int user, int *step) {
    if (user) {
        char users[64], groups[64];
        snprintf(users, sizeof users, "0 %u 1", geteuid());
        snprintf(groups, sizeof groups, "0 %u 1", getegid());
        *step = 1;
        if (unshare(CLONE_NEWUSER) < 0) return -errno;
        *step = 2;
        int refused = write_file("/proc/self/setgroups", "deny");
        if (refused && refused != -ENOENT) return refused;
        if ((refused = write_file("/proc/self/uid_map", users))) return refused;
        if ((refused = write_file("/proc/self/gid_map", groups))) return refused;
    }
    *step = 3;
    return unshare(CLONE_NEWNET) < 0 ? -errno : 0;
}
