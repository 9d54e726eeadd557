#pragma once
// What Swift's Glibc module does not show because it is built without _GNU_SOURCE, and macros it cannot import.
#include <stdint.h>
#include <sys/types.h>

#include "CLinuxDatagrams.h"
#include "CLinuxMemory.h"
#include "CLinuxNetlink.h"
#include "CLinuxProbe.h"
#include "CLinuxProcess.h"

int setns(int fd, int nstype);
int unshare(int flags);
int pivot_root_linux(const char *new_root, const char *put_old);

#define SKIFF_CLONE_NEWNET 0x40000000
#define SKIFF_CLONE_NEWNS 0x00020000
#define SKIFF_CLONE_NEWPID 0x20000000
#define SKIFF_CLONE_NEWUTS 0x04000000
#define SKIFF_CLONE_NEWIPC 0x08000000
#define SKIFF_CLONE_NEWCGROUP 0x02000000
#define SKIFF_CLONE_NEWUSER 0x10000000
