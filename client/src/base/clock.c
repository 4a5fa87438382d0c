/* The clock of all deadlines. */
#include <substrate/base.h>

#include <time.h>

uint64_t substrate_now_us(void) {
    struct timespec now;
    /* POSIX lets this fail only where there is no monotonic clock; then no deadline ever passes. */
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
        return 0;
    }
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}
