// Memory for a program of one thread that runs for a millisecond: freed pieces are kept by size, large ones go back to the kernel.
#include <stdint.h>
#include <stddef.h>
#include <sys/mman.h>

#include "calls.h"

/* A piece is a power of two, its header included. */
enum { SMALLEST = 5, LARGEST = 16, ALIGNMENT = 16, REGION_BYTES = 1 << 18, FIRST_BYTES = 1 << 16 };

/* In front of every piece; of a large one `bytes` is what was mapped. */
struct header {
    uint64_t bytes;
    uint32_t kind;   /* the power of two; 0: mapped by itself */
    uint32_t offset; /* from the piece's start to the header's end */
};

struct piece {
    struct piece *next;
};

static struct piece *freed[LARGEST + 1];
static _Alignas(4096) char first_region[FIRST_BYTES];
static char *region = first_region, *region_end = first_region + FIRST_BYTES;

static void *map(size_t bytes) {
    long address = CALL6(SYS_mmap, 0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return address < 0 && address >= -4095 ? 0 : (void *)address;
}

static void *take(unsigned kind) {
    struct piece *known = freed[kind];
    size_t bytes = (size_t)1 << kind;
    if (known) {
        freed[kind] = known->next;
        return known;
    }
    if ((size_t)(region_end - region) < bytes) {
        char *more = map(REGION_BYTES);
        if (!more) return 0;
        region = more;
        region_end = more + REGION_BYTES;
    }
    char *start = region;
    region += bytes;
    return start;
}

static void *allocate(size_t count, size_t alignment) {
    if (count > SIZE_MAX / 2 || alignment > SIZE_MAX / 4) return 0;
    size_t extra = alignment > ALIGNMENT ? alignment : 0, bytes = count + sizeof(struct header) + extra;
    unsigned kind = 0;
    char *start;
    if (bytes <= (size_t)1 << LARGEST) {
        kind = SMALLEST;
        while ((size_t)1 << kind < bytes) kind++;
        start = take(kind);
    } else {
        bytes = (bytes + 4095) & ~(size_t)4095;
        start = map(bytes);
    }
    if (!start) return 0;
    uintptr_t user = (uintptr_t)start + sizeof(struct header);
    if (extra) user = (user + alignment - 1) & ~(uintptr_t)(alignment - 1);
    struct header *header = (struct header *)user - 1;
    *header = (struct header){.bytes = bytes, .kind = kind, .offset = (uint32_t)(user - (uintptr_t)start)};
    return (void *)user;
}

void *malloc(size_t count) { return allocate(count, ALIGNMENT); }

int posix_memalign(void **result, size_t alignment, size_t count) {
    *result = allocate(count, alignment);
    return *result ? 0 : ENOMEM;
}

void free(void *address) {
    if (!address) return;
    struct header header = ((struct header *)address)[-1];
    char *start = (char *)address - header.offset;
    if (!header.kind) {
        (void)CALL2(SYS_munmap, start, header.bytes);
        return;
    }
    struct piece *piece = (struct piece *)start;
    piece->next = freed[header.kind];
    freed[header.kind] = piece;
}
