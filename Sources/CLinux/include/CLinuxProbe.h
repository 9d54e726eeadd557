#pragma once
// Real packets between network namespaces, from one thread: listeners, probes, and the kernel's reports of dropped packets.
#include <stddef.h>
#include <stdint.h>

#define SKIFF_PROBE_PENDING 0
#define SKIFF_PROBE_ANSWERED 1
#define SKIFF_PROBE_DROPPED 2
#define SKIFF_PROBE_SILENT 3
#define SKIFF_PROBE_FAILED 4

#define SKIFF_PROBE_PREFIX_BYTES 64
#define SKIFF_PROBE_PREFIXES_MAX 4096

/// One connection to try. Addresses are in network order, ports in host order; an IPv4 address fills the first four bytes.
struct skiff_probe {
    /// Open network namespace that the packet leaves from.
    int32_t source_namespace;
    /// 4 or 6.
    uint8_t family;
    /// IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP.
    uint8_t protocol;
    /// Where the packet is sent.
    uint16_t target_port;
    uint8_t target[16];
    /// Who is seen as the source and the destination behind every translation: how a report names the probe.
    uint8_t source[16];
    uint8_t destination[16];
    uint16_t destination_port;
    /// Result: one of SKIFF_PROBE_*.
    uint8_t outcome;
    /// Result: position of the report's prefix, for SKIFF_PROBE_DROPPED.
    uint16_t prefix;
    /// Result: errno, for SKIFF_PROBE_FAILED.
    int32_t error;
    /// Result: from the first packet to the outcome.
    uint32_t microseconds;
};

struct skiff_probe_setup {
    /// The namespace to return to.
    int home_namespace;
    /// From skiff_nflog_open.
    int log_socket;
    /// UDP sockets, which answer what they receive, and raw SCTP sockets.
    const int *answerers;
    size_t answerer_count;
    /// Silence after which a probe is tried once more, and then given up.
    int timeout_milliseconds;
    /// Probes between two looks at the answers: the reports of all of them must fit a socket's buffer.
    int batch;
};

/// The texts of dropping rules, filled by skiff_probe_run.
struct skiff_probe_prefixes {
    int count;
    /// SKIFF_PROBE_PREFIXES_MAX texts of SKIFF_PROBE_PREFIX_BYTES each, zero-terminated.
    char *text;
};

/// Sends every probe and fills its result. Consecutive probes of one source are cheapest. Returns 0, or -errno when namespaces or
/// sockets fail as such.
int skiff_probe_run(
    struct skiff_probe *probes, size_t count, const struct skiff_probe_setup *setup, struct skiff_probe_prefixes *prefixes);

/// Receives reports of `log group GROUP` rules in the namespace of the calling thread. A descriptor, or -errno.
int skiff_nflog_open(uint16_t group);

/// A socket in the namespace of the calling thread that takes connections, or datagrams, of both families on `port`; with SCTP a raw
/// socket of one family (4 or 6), and the port does not matter. A descriptor, or -errno.
int skiff_probe_listen(uint8_t protocol, uint8_t family, uint16_t port);

/// Answers everybody who connects or sends, with the name of the listener's host: HTTP with a response, anything else with a line.
/// Never returns; names are zero-terminated.
void skiff_probe_answer(const int *listeners, const char *const *names, size_t count);

/// Joins a new user namespace as its root, when `user`, and a new network namespace. The process must have one thread.
/// Returns 0, or -errno; `*step` then says where: 1 the user namespace, 2 its mapping, 3 the network namespace.
int skiff_lab_enter(int user, int *step);
