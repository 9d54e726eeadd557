#pragma once
// Netlink's socket address and options, and a request that outlives the program that sends it.
#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/// Sends one datagram on `socket` from a child process that closes every other descriptor first and ends after the send.
/// The caller shares the socket, so it reads the answers. Returns the child's pid, or -errno.
pid_t skiff_send_from_child(int socket, const void *bytes, size_t count);

/// The CLONE_NEW* flag of an open namespace file; -errno for any other file.
int skiff_namespace_type(int descriptor);

/// The number of the link that has the name, of at most 15 bytes, or alternative name in the namespace of `socket`; -errno.
int skiff_link_index(int socket, const char *name);
