// Runs a network plugin again and again as a container runtime does and prints what it cost, or measures round trips of TCP, or what
// it takes the kernel to send a packet.
// Small on purpose: the peak memory of a child counts from its parent's at the time of the fork.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e3 + time.tv_nsec * 1e-6;
}

static int compare(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

struct run {
    double wall, cpu;
    long resident;
    int status;
};

static const char *plugin, *configuration, *command, *prefix;
static int first, count;
static atomic_int next_run;
static struct run *runs;

static void run_one(int position) {
    char container[128], namespace[160], verb[32];
    snprintf(verb, sizeof verb, "CNI_COMMAND=%s", command);
    snprintf(container, sizeof container, "CNI_CONTAINERID=%s%d", prefix, first + position);
    snprintf(namespace, sizeof namespace, "CNI_NETNS=/run/netns/%s%d", prefix, first + position);
    char *const environment[] = {verb, container, namespace, "CNI_IFNAME=eth0", "CNI_PATH=/usr/lib/cni",
                                 "CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=pod",
                                 "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
    char *const arguments[] = {(char *)plugin, NULL};
    int input = open(configuration, O_RDONLY | O_CLOEXEC), output = open("/dev/null", O_WRONLY | O_CLOEXEC);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input, 0);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    posix_spawn_file_actions_adddup2(&actions, output, 2);
    struct run *run = &runs[position];
    struct rusage usage = {0};
    double start = now();
    pid_t child;
    if (posix_spawn(&child, plugin, &actions, NULL, arguments, environment)) {
        run->status = -1;
    } else {
        wait4(child, &run->status, 0, &usage);
    }
    run->wall = now() - start;
    run->cpu = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-3;
    run->resident = usage.ru_maxrss;
    posix_spawn_file_actions_destroy(&actions);
    close(input);
    close(output);
}

static void *worker(void *unused) {
    for (int position; (position = atomic_fetch_add(&next_run, 1)) < count;) run_one(position);
    return unused;
}

// bench-cni run PLUGIN CONFIGURATION COMMAND PREFIX FIRST COUNT WORKERS
// Prints: median, 99th percentile, mean CPU (ms), peak memory (KiB), calls per second, failures.
static int run_many(char **words) {
    plugin = words[0], configuration = words[1], command = words[2], prefix = words[3];
    first = atoi(words[4]), count = atoi(words[5]);
    int workers = atoi(words[6]);
    runs = calloc(count, sizeof *runs);
    double start = now();
    pthread_t threads[64];
    if (workers > 64) workers = 64;
    for (int i = 1; i < workers; i++) pthread_create(&threads[i], NULL, worker, NULL);
    worker(NULL);
    for (int i = 1; i < workers; i++) pthread_join(threads[i], NULL);
    double elapsed = now() - start, cpu = 0, *walls = calloc(count, sizeof *walls);
    long resident = 0;
    int failures = 0;
    for (int i = 0; i < count; i++) {
        walls[i] = runs[i].wall, cpu += runs[i].cpu, failures += runs[i].status != 0;
        if (runs[i].resident > resident) resident = runs[i].resident;
    }
    qsort(walls, count, sizeof *walls, compare);
    printf("%.3f %.3f %.3f %ld %.1f %d\n", walls[count / 2], walls[(int)(count * 0.99)], cpu / count, resident,
           count / elapsed * 1e3, failures);
    return 0;
}

static int serve(void) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in address = {AF_INET, htons(7777)};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (void *)&address, sizeof address) || listen(listener, 8)) return 1;
    for (;;) {
        int peer = accept(listener, NULL, NULL);
        char byte;
        setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        while (read(peer, &byte, 1) == 1 && write(peer, &byte, 1) == 1) {}
        close(peer);
    }
}

// bench-cni ask ADDRESS MILLISECONDS: prints the median round trip in microseconds.
static int ask(char **words) {
    int peer = socket(AF_INET, SOCK_STREAM, 0), one = 1, done = 0, max = 1 << 20;
    struct sockaddr_in address = {AF_INET, htons(7777)};
    inet_pton(AF_INET, words[0], &address.sin_addr);
    if (connect(peer, (void *)&address, sizeof address)) return 1;
    setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    double *times = malloc(max * sizeof *times), end = now() + atof(words[1]);
    char byte = 0;
    while (now() < end && done < max) {
        double start = now();
        if (write(peer, &byte, 1) != 1 || read(peer, &byte, 1) != 1) return 1;
        times[done++] = now() - start;
    }
    qsort(times, done, sizeof *times, compare);
    printf("%.2f\n", times[done / 2] * 1e3);
    return 0;
}

// bench-cni packets ADDRESS PORT BYTES: what one call that sends so much takes, in nanoseconds; more than a packet holds travels as one piece
// that is to be cut into packets by the network card, as bulk TCP does. Between namespaces of one machine, sending does all that happens
// on the way to the other's socket, or its dropping there when nobody reads. The 10th percentile of many turns of 20: whatever else the
// machine does meanwhile makes only some turns longer.
static int packets(char **words) {
    enum { turns = 400, per_turn = 20 };
    static char bytes[60000];
    size_t size = atoi(words[2]);
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *found;
    if (size > sizeof bytes || getaddrinfo(words[0], words[1], &hints, &found)) return 1;
    int peer = socket(found->ai_family, SOCK_DGRAM, 0), segment = 1200;
    if (size > 1200 && setsockopt(peer, IPPROTO_UDP, 103 /* UDP_SEGMENT */, &segment, sizeof segment)) return 1;
    if (connect(peer, found->ai_addr, found->ai_addrlen)) return 1;
    double times[turns];
    for (int turn = 0; turn < turns; turn++) {
        double start = now();
        for (int i = 0; i < per_turn; i++)
            if (send(peer, bytes, size, 0) < 0) return 1;
        times[turn] = (now() - start) / per_turn;
    }
    qsort(times, turns, sizeof *times, compare);
    printf("%.0f\n", times[turns / 10] * 1e6);
    return 0;
}

int main(int words, char **text) {
    if (words == 9 && !strcmp(text[1], "run")) return run_many(text + 2);
    if (words == 2 && !strcmp(text[1], "serve")) return serve();
    if (words == 4 && !strcmp(text[1], "ask")) return ask(text + 2);
    if (words == 5 && !strcmp(text[1], "packets")) return packets(text + 2);
    fprintf(stderr, "bench-cni run PLUGIN CONFIGURATION COMMAND PREFIX FIRST COUNT WORKERS | serve | ask ADDRESS MILLISECONDS |\n"
                    "          packets ADDRESS PORT BYTES\n");
    return 2;
}
