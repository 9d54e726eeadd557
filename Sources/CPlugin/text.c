// Bytes and texts: what compilers call without being asked, and the words for errors.
#include <asm/errno.h>
#include <stddef.h>
#include <stdint.h>

#include "CPlugin.h"

typedef uint64_t __attribute__((aligned(1), may_alias)) word;

/* From the front: also right when the target lies before the source and overlaps it. */
static void *forward(void *to, const void *from, size_t count) {
    char *target = to;
    const char *source = from;
    for (; count >= 8; count -= 8, target += 8, source += 8) *(word *)target = *(const word *)source;
    for (; count; count--) *target++ = *source++;
    return to;
}

void *memcpy(void *to, const void *from, size_t count) { return forward(to, from, count); }

void *memmove(void *to, const void *from, size_t count) {
    char *target = to;
    const char *source = from;
    if (target <= source || target >= source + count) return forward(to, from, count);
    while (count >= 8) count -= 8, *(word *)(target + count) = *(const word *)(source + count);
    while (count--) target[count] = source[count];
    return to;
}

void *memset(void *to, int byte, size_t count) {
    char *target = to;
    uint64_t pattern = 0x0101010101010101 * (uint8_t)byte;
    for (; count >= 8; count -= 8, target += 8) *(word *)target = pattern;
    while (count--) *target++ = (char)byte;
    return to;
}

int memcmp(const void *left, const void *right, size_t count) {
    const uint8_t *a = left, *b = right;
    for (; count; count--, a++, b++) {
        if (*a != *b) return *a - *b;
    }
    return 0;
}

int bcmp(const void *left, const void *right, size_t count) { return memcmp(left, right, count); }

size_t strlen(const char *text) {
    const char *end = text;
    while (*end) end++;
    return (size_t)(end - text);
}

static const struct {
    int number;
    const char *text;
} errors[] = {
    {EPERM, "Operation not permitted"},
    {ENOENT, "No such file or directory"},
    {ESRCH, "No such process"},
    {EINTR, "Interrupted system call"},
    {EIO, "Input/output error"},
    {ENXIO, "No such device or address"},
    {E2BIG, "Argument list too long"},
    {EBADF, "Bad file descriptor"},
    {ECHILD, "No child processes"},
    {EAGAIN, "Resource temporarily unavailable"},
    {ENOMEM, "Cannot allocate memory"},
    {EACCES, "Permission denied"},
    {EFAULT, "Bad address"},
    {EBUSY, "Device or resource busy"},
    {EEXIST, "File exists"},
    {EXDEV, "Invalid cross-device link"},
    {ENODEV, "No such device"},
    {ENOTDIR, "Not a directory"},
    {EISDIR, "Is a directory"},
    {EINVAL, "Invalid argument"},
    {ENFILE, "Too many open files in system"},
    {EMFILE, "Too many open files"},
    {ENOTTY, "Inappropriate ioctl for device"},
    {ENOSPC, "No space left on device"},
    {EROFS, "Read-only file system"},
    {EPIPE, "Broken pipe"},
    {ERANGE, "Numerical result out of range"},
    {EDEADLK, "Resource deadlock avoided"},
    {ENAMETOOLONG, "File name too long"},
    {ENOSYS, "Function not implemented"},
    {ELOOP, "Too many levels of symbolic links"},
    {ENODATA, "No data available"},
    {EOVERFLOW, "Value too large for defined data type"},
    {EPROTO, "Protocol error"},
    {EBADMSG, "Bad message"},
    {EMSGSIZE, "Message too long"},
    {EPROTONOSUPPORT, "Protocol not supported"},
    {EOPNOTSUPP, "Operation not supported"},
    {EAFNOSUPPORT, "Address family not supported by protocol"},
    {EADDRINUSE, "Address already in use"},
    {EADDRNOTAVAIL, "Cannot assign requested address"},
    {ENETDOWN, "Network is down"},
    {ENETUNREACH, "Network is unreachable"},
    {ENOBUFS, "No buffer space available"},
    {ENOTCONN, "Transport endpoint is not connected"},
    {ETIMEDOUT, "Connection timed out"},
    {ECONNREFUSED, "Connection refused"},
    {EHOSTUNREACH, "No route to host"},
};

/* The words of the C library for what the calls above and the kernel's network answer. */
int strerror_r(int number, char *text, size_t count) {
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        if (errors[i].number != number) continue;
        size_t length = strlen(errors[i].text);
        if (length >= count) return ERANGE;
        memcpy(text, errors[i].text, length + 1);
        return 0;
    }
    return EINVAL;
}
