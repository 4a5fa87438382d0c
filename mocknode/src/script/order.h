/* Orders of n things, as lists of their numbers. Pure. */
#ifndef SCRIPT_ORDER_H
#define SCRIPT_ORDER_H

#include <stddef.h>
#include <stdint.h>

/* The number-th permutation in lexicographic order, beginning with 0; behind the last comes the
 * first again. */
void script_order_nth(uint64_t number, size_t *order, size_t n);
/* A permutation drawn by 64 bits: each as likely as each. */
void script_order_shuffle(uint64_t bits, size_t *order, size_t n);

#endif
