/* IP addresses; see ip.h. */
#include "ip.h"

#define GROUPS 8

static void write_v4(uint64_t ip, struct base_buf *json) {
    base_buf_format(json, "%u.%u.%u.%u", (unsigned)(ip >> 24 & 0xff), (unsigned)(ip >> 16 & 0xff),
                    (unsigned)(ip >> 8 & 0xff), (unsigned)(ip & 0xff));
}

/* The first of the longest runs of two zeros or more; length 0: there is none. */
static unsigned longest_zeros(const unsigned groups[GROUPS], unsigned *length) {
    unsigned best = 0, run = 0;
    *length = 0;
    for (unsigned i = 0; i < GROUPS; i++) {
        run = groups[i] == 0 ? run + 1 : 0;
        if (run >= 2 && run > *length) {
            *length = run;
            best = i + 1 - run;
        }
    }
    return best;
}

static void write_v6(const struct subtensor_u128 *ip, struct base_buf *json) {
    unsigned groups[GROUPS], length;
    for (unsigned i = 0; i < GROUPS; i++) {
        uint64_t half = i < 4 ? ip->high : ip->low;
        groups[i] = (unsigned)(half >> (16 * (3 - i % 4)) & 0xffff);
    }
    unsigned zeros = longest_zeros(groups, &length);
    for (unsigned i = 0; i < GROUPS; i++) {
        if (length > 0 && i == zeros) {
            base_buf_str(json, "::");
            i += length - 1;
            continue;
        }
        base_buf_format(json, "%s%x", i > 0 && !(length > 0 && i == zeros + length) ? ":" : "",
                        groups[i]);
    }
}

void ip_write(const struct subtensor_u128 *ip, struct base_buf *json) {
    base_buf_char(json, '"');
    if (ip->high == 0 && ip->low >> 32 == 0) {
        write_v4(ip->low, json);
    } else if (ip->high == 0 && ip->low >> 32 == 0xffff) {
        base_buf_str(json, "::ffff:");
        write_v4(ip->low, json);
    } else {
        write_v6(ip, json);
    }
    base_buf_char(json, '"');
}
