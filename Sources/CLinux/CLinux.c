#define _GNU_SOURCE
#include "CLinux.h"

#include <sys/syscall.h>
#include <unistd.h>

int pivot_root_linux(const char *new_root, const char *put_old) { return (int)syscall(SYS_pivot_root, new_root, put_old); }
