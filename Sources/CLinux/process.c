#define _GNU_SOURCE
#include "CLinuxProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a child tells its parent over the report pipe: its pid once, or where it failed. */
struct report {
    int step;
    int error;
    pid_t pid;
};

static void fail(int report, int step) {
    struct report message = {.step = step, .error = errno, .pid = 0};
    (void)!write(report, &message, sizeof message);
    _exit(127);
}

/* Signals that the parent blocked or ignored must not stay so in an unrelated program. */
static void reset_signals(void) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &standard, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, 0);
}

/* Moves the wanted descriptors to 0...count-1 and the report pipe above them, and closes the rest. */
static int arrange_descriptors(const struct skiff_spawn_request *request, int *report) {
    int count = request->descriptor_count, moved[16];
    if (count > 16) {
        errno = E2BIG;
        return -1;
    }
    int base = count > 3 ? count : 3;
    for (int i = 0; i < count; i++) {
        moved[i] = fcntl(request->descriptors[i], F_DUPFD, base + 1);
        if (moved[i] < 0) return -1;
    }
    int kept = fcntl(*report, F_DUPFD_CLOEXEC, base + 1);
    if (kept < 0) return -1;
    for (int i = 0; i < count; i++)
        if (dup2(moved[i], i) < 0) return -1;
    if (dup3(kept, base, O_CLOEXEC) < 0) return -1;
    *report = base;
    for (int i = count; i < base; i++) close(i);
    syscall(SYS_close_range, (unsigned)base + 1, ~0U, 0);
    return 0;
}

static void become_program(const struct skiff_spawn_request *request, int report) {
    if (request->new_session) setsid();
    reset_signals();
    if (arrange_descriptors(request, &report) < 0) fail(report, SKIFF_SPAWN_DESCRIPTORS);
    execve(request->path, request->argv, request->envp);
    fail(report, SKIFF_SPAWN_EXEC);
}

/* Runs in the first child: enters everything that a process can only enter for its future children too. */
static void enter(const struct skiff_spawn_request *request, int report) {
    for (int i = 0; i < request->cgroup_count; i++)
        if (write(request->cgroups[i], "0", 1) != 1) fail(report, SKIFF_SPAWN_CGROUP);
    if (request->network_namespace >= 0 && setns(request->network_namespace, CLONE_NEWNET) < 0)
        fail(report, SKIFF_SPAWN_NETWORK);
    if ((request->unshare_flags & CLONE_NEWCGROUP) && unshare(CLONE_NEWCGROUP) < 0) fail(report, SKIFF_SPAWN_UNSHARE);
    if (request->cgroup_leaf >= 0 && write(request->cgroup_leaf, "0", 1) != 1) fail(report, SKIFF_SPAWN_CGROUP);
    int others = request->unshare_flags & ~CLONE_NEWCGROUP;
    if (others && unshare(others) < 0) fail(report, SKIFF_SPAWN_UNSHARE);
}

pid_t skiff_spawn(const struct skiff_spawn_request *request, int *step) {
    int pipes[2];
    *step = SKIFF_SPAWN_FORK;
    if (pipe2(pipes, O_CLOEXEC) < 0) return -errno;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);  // no handler of the parent may run in the child
    pid_t first = (pid_t)syscall(SYS_clone, (unsigned long)SIGCHLD, 0, 0, 0, 0);
    if (first == 0) {
        enter(request, pipes[1]);
        if (!(request->unshare_flags & CLONE_NEWPID)) become_program(request, pipes[1]);
        /* Only a child of this process is in the new pid namespace; CLONE_PARENT makes it the caller's child. */
        pid_t second = (pid_t)syscall(SYS_clone, (unsigned long)(CLONE_PARENT | SIGCHLD), 0, 0, 0, 0);
        if (second == 0) become_program(request, pipes[1]);
        if (second < 0) fail(pipes[1], SKIFF_SPAWN_FORK);
        struct report message = {.pid = second};
        (void)!write(pipes[1], &message, sizeof message);
        _exit(0);
    }
    int fork_error = errno;
    pthread_sigmask(SIG_SETMASK, &before, 0);
    close(pipes[1]);
    if (first < 0) {
        close(pipes[0]);
        return -fork_error;
    }
    pid_t result = first;
    int error = 0;
    struct report message;
    for (;;) {
        ssize_t count = read(pipes[0], &message, sizeof message);
        if (count < 0 && errno == EINTR) continue;
        if (count != sizeof message) break;
        if (message.pid > 0) result = message.pid;
        else error = message.error, *step = message.step;
    }
    close(pipes[0]);
    if (result != first)
        while (waitpid(first, 0, 0) < 0 && errno == EINTR) {
        }
    if (error) {
        while (waitpid(result, 0, 0) < 0 && errno == EINTR) {
        }
        return -error;
    }
    return result;
}

int skiff_signal_descriptor(const int *signals, int count) {
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
    int refused = pthread_sigmask(SIG_BLOCK, &set, 0);
    if (refused) return -refused;
    int descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}

int skiff_read_signal(int descriptor) {
    struct signalfd_siginfo info;
    ssize_t count = read(descriptor, &info, sizeof info);
    if (count == sizeof info) return (int)info.ssi_signo;
    return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

int skiff_exit_code(int status) { return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status); }

int skiff_probe_nftables(void) {
    int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    if (descriptor < 0) return 0;
    struct {
        struct nlmsghdr header;
        struct nfgenmsg family;
    } request = {
        .header = {
            .nlmsg_len = sizeof request,
            .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN,
            .nlmsg_flags = NLM_F_REQUEST,
        },
    };
    union {
        struct nlmsghdr header;
        char bytes[512];
    } answer;
    int found = 0;
    if (send(descriptor, &request, sizeof request, 0) == sizeof request) {
        ssize_t count = recv(descriptor, &answer, sizeof answer, 0);
        if (count >= (ssize_t)sizeof answer.header) {
            struct nlmsgerr *refusal = NLMSG_DATA(&answer.header);
            /* A kernel without the subsystem says EINVAL; one that has it and will not tell says EPERM. */
            found = answer.header.nlmsg_type != NLMSG_ERROR || refusal->error == -EPERM;
        }
    }
    close(descriptor);
    return found;
}
