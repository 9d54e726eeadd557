#include "calls.h"

#include <linux/nsfs.h>
#include <linux/sockios.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "CPlugin.h"

static int last_error;

int skiff_errno(void) { return last_error; }

long skiff_result(long result) {
    if (result >= 0 || result < -4095) return result;
    last_error = (int)-result;
    return -1;
}

int skiff_open(const char *path, int flags) { return (int)skiff_result(CALL3(SYS_openat, AT_FDCWD, path, flags)); }
int skiff_fcntl(int descriptor, int command) { return (int)skiff_result(CALL2(SYS_fcntl, descriptor, command)); }
ssize_t read(int descriptor, void *bytes, size_t count) { return skiff_result(CALL3(SYS_read, descriptor, bytes, count)); }
ssize_t write(int descriptor, const void *bytes, size_t count) { return skiff_result(CALL3(SYS_write, descriptor, bytes, count)); }
int close(int descriptor) { return (int)skiff_result(CALL1(SYS_close, descriptor)); }
int fstat(int descriptor, struct stat *status) { return (int)skiff_result(CALL2(SYS_fstat, descriptor, status)); }
int setns(int descriptor, int type) { return (int)skiff_result(CALL2(SYS_setns, descriptor, type)); }
int socket(int family, int type, int protocol) { return (int)skiff_result(CALL3(SYS_socket, family, type, protocol)); }

int bind(int descriptor, const struct sockaddr *address, socklen_t count) {
    return (int)skiff_result(CALL3(SYS_bind, descriptor, address, count));
}

int setsockopt(int descriptor, int level, int option, const void *value, socklen_t count) {
    return (int)skiff_result(CALL6(SYS_setsockopt, descriptor, level, option, value, count, 0));
}

ssize_t send(int descriptor, const void *bytes, size_t count, int flags) {
    return skiff_result(CALL6(SYS_sendto, descriptor, bytes, count, flags, 0, 0));
}

ssize_t recv(int descriptor, void *bytes, size_t count, int flags) {
    return skiff_result(CALL6(SYS_recvfrom, descriptor, bytes, count, flags, 0, 0));
}

int poll(struct pollfd *polled, nfds_t count, int timeout) {
    struct timespec wait = {.tv_sec = timeout / 1000, .tv_nsec = timeout % 1000 * 1000000L};
    return (int)skiff_result(CALL6(SYS_ppoll, polled, count, timeout < 0 ? 0 : &wait, 0, 8, 0));
}

int skiff_namespace_type(int descriptor) { return (int)CALL2(SYS_ioctl, descriptor, NS_GET_NSTYPE); }

int skiff_link_index(int socket, const char *name) {
    /* struct ifreq; the headers that define it define much else, twice. */
    struct {
        char name[16];
        int index;
        char rest[20];
    } request = {{0}, 0, {0}};
    size_t count = strlen(name);
    if (count >= sizeof request.name) return -ENAMETOOLONG;
    memcpy(request.name, name, count);
    long result = CALL3(SYS_ioctl, socket, SIOCGIFINDEX, &request);
    return result < 0 ? (int)result : request.index;
}

void skiff_ignore_broken_pipes(void) {
    /* The kernel's own structure: handler, flags, restorer, mask. */
    struct {
        unsigned long handler, flags, restorer, mask;
    } action = {.handler = 1 /* SIG_IGN */};
    (void)CALL6(SYS_rt_sigaction, SIGPIPE, &action, 0, sizeof action.mask, 0, 0);
}

/* The kernel works on a netlink request inside send, for as long as it takes: longer than the program may run. */
pid_t skiff_send_from_child(int socket, const void *bytes, size_t count) {
    long child = CALL6(SYS_clone, SIGCHLD, 0, 0, 0, 0, 0);
    if (child) return (pid_t)child;
    if (socket > 0) (void)CALL3(SYS_close_range, 0, (unsigned)socket - 1, 0);
    (void)CALL3(SYS_close_range, (unsigned)socket + 1, ~0U, 0);
    (void)CALL6(SYS_sendto, socket, bytes, count, 0, 0, 0);
    exit(0);
}
