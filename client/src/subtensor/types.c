/* Fixed-point numbers of <subtensor/types.h> as doubles. */
#include <subtensor/types.h>

#define TWO_TO_32 4294967296.0

double subtensor_i32f32_double(struct subtensor_i32f32 number) {
    return (double)number.bits / TWO_TO_32;
}

/* The magnitude is taken apart rather than the number: near zero, the halves of a negative one are
 * great and cancel each other, and with them the digits. */
double subtensor_i96f32_double(struct subtensor_i96f32 number) {
    uint64_t low = number.bits.low, high = number.bits.high;
    bool negative = high >> 63 != 0;
    if (negative) {
        low = ~low + 1;
        high = ~high + (low == 0);
    }
    double magnitude = (double)high * TWO_TO_32 + (double)low / TWO_TO_32;
    return negative ? -magnitude : magnitude;
}
