// The first instructions of the plugin, and what the kernel hands a program at its start.
#include "CPlugin.h"
#include "calls.h"

int main(int count, char **arguments);
__attribute__((used, noreturn)) void skiff_start(long *stack);

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call skiff_start\n hlt\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n mov x29, xzr\n mov x30, xzr\n mov x0, sp\n bl skiff_start\n brk 1\n");
#endif

static char **environment;
static const char *program = "";
static uint64_t random_state = 0x9e3779b97f4a7c15;

void exit(int status) {
    for (;;) (void)CALL1(SYS_exit_group, status);
}

void abort(void) {
    __builtin_trap();
}

const char *skiff_program_path(void) { return program; }

void skiff_start(long *stack) {
    int count = (int)stack[0];
    char **arguments = (char **)(stack + 1);
    environment = arguments + count + 1;
    if (count > 0) program = arguments[0];
    char **end = environment;
    while (*end) end++;
    for (unsigned long *pair = (unsigned long *)(end + 1); pair[0]; pair += 2) {
        /* AT_RANDOM: sixteen random bytes. */
        if (pair[0] == 25) random_state = *(uint64_t *)pair[1] | 1;
    }
    exit(main(count, arguments));
}

char *getenv(const char *name) {
    for (char **entry = environment; *entry; entry++) {
        const char *wanted = name, *text = *entry;
        while (*wanted && *wanted == *text) wanted++, text++;
        if (!*wanted && *text == '=') return (char *)text + 1;
    }
    return 0;
}

/* Seeds the hashing of Swift's dictionaries: different in each process, and nothing that must stay secret. */
void arc4random_buf(void *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        random_state ^= random_state << 13;
        random_state ^= random_state >> 7;
        random_state ^= random_state << 17;
        ((uint8_t *)bytes)[i] = (uint8_t)(random_state >> 32);
    }
}

/* Swift's last words, a byte at a time. */
int putchar(int byte) {
    char text = (char)byte;
    (void)CALL3(SYS_write, 2, &text, 1);
    return byte;
}
