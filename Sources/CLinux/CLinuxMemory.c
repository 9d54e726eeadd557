#include "CLinuxMemory.h"

#include <malloc.h>

void skiff_memory_trim(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

void skiff_memory_map_large(void) {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
#endif
}
