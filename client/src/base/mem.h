/* All memory of the project comes through here, so that a test can make each allocation fail. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <substrate/base.h>

/* NULL on failure; never exits. base_calloc and base_resize_array check count * size for overflow.
 */
void *base_alloc(size_t size);
void *base_calloc(size_t count, size_t size);
void *base_resize(void *memory, size_t size);
void *base_resize_array(void *memory, size_t count, size_t size);
void base_free(void *memory);
char *base_strdup(struct substrate_text text); /* terminated copy, freed with base_free */

/* Grows *array (elements of `size` bytes) so that it holds at least `need`: doubling, capacity kept
 * in *capacity. false on failure; the array is then as it was. */
bool base_grow(void **array, size_t *capacity, size_t need, size_t size);

#endif
