#define _GNU_SOURCE
#include "CLinuxNetlink.h"

#include <errno.h>
#include <linux/nsfs.h>
#include <net/if.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel works on a netlink request inside send, for as long as it takes; a thread could not outlive the program. */
pid_t skiff_send_from_child(int socket, const void *bytes, size_t count) {
    pid_t child = (pid_t)syscall(SYS_clone, (unsigned long)SIGCHLD, 0, 0, 0, 0);
    if (child < 0) return -errno;
    if (child > 0) return child;
    if (socket > 0) syscall(SYS_close_range, 0U, (unsigned)socket - 1, 0);
    syscall(SYS_close_range, (unsigned)socket + 1, ~0U, 0);
    syscall(SYS_sendto, socket, bytes, count, 0, 0, 0);
    _exit(0);
}

int skiff_namespace_type(int descriptor) {
    int type = ioctl(descriptor, NS_GET_NSTYPE);
    return type < 0 ? -errno : type;
}

int skiff_link_index(int socket, const char *name) {
    struct ifreq request = {0};
    if (strlen(name) >= sizeof request.ifr_name) return -ENAMETOOLONG;
    strcpy(request.ifr_name, name);
    return ioctl(socket, SIOCGIFINDEX, &request) < 0 ? -errno : request.ifr_ifindex;
}
