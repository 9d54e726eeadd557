#pragma once
// Starting a process in namespaces and cgroups of its own, and the few process calls that Swift's Glibc module lacks.
// Everything between fork and exec is C with async-signal-safe calls only, so a threaded program may use it.
#include <stdint.h>
#include <sys/types.h>

/// What the child does, in this order, before it becomes `path`.
struct skiff_spawn_request {
    const char *path;
    char *const *argv;
    char *const *envp;
    /// Descriptors that become 0, 1, 2, ... in the child; everything else is closed.
    const int *descriptors;
    int descriptor_count;
    /// Open `cgroup.procs` files that the child joins before it makes a cgroup namespace.
    const int *cgroups;
    int cgroup_count;
    /// Open `cgroup.procs` file that the child joins after it made a cgroup namespace; -1: none.
    int cgroup_leaf;
    /// A network namespace to enter; -1: stay.
    int network_namespace;
    /// CLONE_NEW* flags. With CLONE_NEWPID the program runs as pid 1 of the new namespace.
    int unshare_flags;
    /// Starts a session of its own.
    int new_session;
};

/// Starts the program, a child of the caller, and returns once it has been executed.
/// Returns its pid, or -errno; `*step` then says where it failed: one of SKIFF_SPAWN_*.
pid_t skiff_spawn(const struct skiff_spawn_request *request, int *step);

#define SKIFF_SPAWN_FORK 1
#define SKIFF_SPAWN_CGROUP 2
#define SKIFF_SPAWN_NETWORK 3
#define SKIFF_SPAWN_UNSHARE 4
#define SKIFF_SPAWN_DESCRIPTORS 5
#define SKIFF_SPAWN_EXEC 6

/// Blocks the signals and returns a descriptor that delivers them; -errno when refused.
int skiff_signal_descriptor(const int *signals, int count);
/// The next signal's number; 0 when none is waiting; -errno when refused.
int skiff_read_signal(int descriptor);
/// What waitpid said: exit status 0...255, or 256 + signal.
int skiff_exit_code(int wait_status);

int sethostname(const char *name, size_t length);

#define SKIFF_MS_RDONLY 1
#define SKIFF_MS_NOSUID 2
#define SKIFF_MS_NODEV 4
#define SKIFF_MS_NOEXEC 8
#define SKIFF_MS_BIND 4096
#define SKIFF_MS_REC 16384
#define SKIFF_MS_PRIVATE (1 << 18)
#define SKIFF_MS_SHARED (1 << 20)
#define SKIFF_MNT_DETACH 2

/// Asks the kernel's nf_tables for its generation: 1 when it answers, also with a refusal for lack of rights; else 0.
int skiff_probe_nftables(void);
