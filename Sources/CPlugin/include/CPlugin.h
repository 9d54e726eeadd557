#pragma once
// The system calls of the network plugin, under the names that the C library gives them. The plugin has no C library: starting one
// costs several times what the rest of the program's start does, most of it for asking the processor about its caches, which a
// virtual machine answers in microseconds a piece.
#include <asm/errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>

/// The error of the last call that failed.
int skiff_errno(void);
/// As open, without a mode.
int skiff_open(const char *path, int flags);
/// As fcntl, for commands without an argument.
int skiff_fcntl(int descriptor, int command);
ssize_t read(int descriptor, void *bytes, size_t count);
ssize_t write(int descriptor, const void *bytes, size_t count);
int close(int descriptor);
void exit(int status) __attribute__((noreturn));
char *getenv(const char *name);
int strerror_r(int number, char *text, size_t count);
int setns(int descriptor, int type);

/// The path that the program was called by; empty when the caller gave none.
const char *skiff_program_path(void);
/// Makes writing to a closed pipe an error instead of a signal.
void skiff_ignore_broken_pipes(void);
/// As in CLinux.
pid_t skiff_send_from_child(int socket, const void *bytes, size_t count);
int skiff_namespace_type(int descriptor);
int skiff_link_index(int socket, const char *name);

#define SKIFF_CLONE_NEWNET 0x40000000
