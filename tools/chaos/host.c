/* The machine of the gateway, for LD_PRELOAD: its clock goes differently and its disk is full, as
   the file CHAOS_HOST says: seconds to be added, then whether the disk is full, eight bytes each.
   Only the files of a database are on that disk; a log lies elsewhere. */

#define TOLD "CHAOS_HOST"
#define NUMBERS 2
#include "../simulator/moved_clock.h"
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Whether writing here fails; then errno says why. */
static int fails(int file)
{
    char link[64], path[1024];
    struct stat about;
    if (!told()[1] || fstat(file, &about) || !S_ISREG(about.st_mode))
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0)
        return 0;
    path[size] = 0;
    if (!strstr(path, ".db"))
        return 0;
    errno = ENOSPC;
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int file, const void *data, size_t size)
{
    return fails(file) ? -1 : (ssize_t)syscall(SYS_write, file, data, size);
}

ssize_t pwrite(int file, const void *data, size_t size, off_t at)
{
    return fails(file) ? -1 : REAL(pwrite)(file, data, size, at);
}

ssize_t pwrite64(int file, const void *data, size_t size, off64_t at)
{
    return fails(file) ? -1 : REAL(pwrite64)(file, data, size, at);
}

int ftruncate(int file, off_t size)
{
    return fails(file) ? -1 : REAL(ftruncate)(file, size);
}

int ftruncate64(int file, off64_t size)
{
    return fails(file) ? -1 : REAL(ftruncate64)(file, size);
}

int posix_fallocate(int file, off_t at, off_t size)
{
    return fails(file) ? ENOSPC : REAL(posix_fallocate)(file, at, size);
}
