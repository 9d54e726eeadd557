#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* The process that holds a pod's namespaces open. It reaps orphans (a pod may share one pid namespace) and leaves on a
   signal that asks it to. */
static void leave(int signal) {
    (void)signal;
    _exit(0);
}

static void reap(int signal) {
    (void)signal;
    while (waitpid(-1, 0, WNOHANG) > 0) {
    }
}

int main(void) {
    struct sigaction on_leave = {.sa_handler = leave};
    struct sigaction on_child = {.sa_handler = reap, .sa_flags = SA_NOCLDSTOP};
    sigaction(SIGINT, &on_leave, 0);
    sigaction(SIGTERM, &on_leave, 0);
    sigaction(SIGCHLD, &on_child, 0);
    for (;;) pause();
}
