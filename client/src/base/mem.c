/* The process's allocator, and the checked forms that everything else allocates with. */
#include "mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *libc_resize(void *context, void *memory, size_t size) {
    (void)context;
    if (size == 0) {
        free(memory);
        return NULL;
    }
    return realloc(memory, size);
}

static const struct substrate_allocator libc_allocator = {libc_resize, NULL};
static const struct substrate_allocator *current = &libc_allocator;

void substrate_allocator_set(const struct substrate_allocator *allocator) {
    current = allocator == NULL ? &libc_allocator : allocator;
}

void *base_resize(void *memory, size_t size) {
    /* No object is that big, and memory checkers take the attempt for a bug. */
    if (size > PTRDIFF_MAX) {
        return NULL;
    }
    /* A size of 0 would mean "free" to the hook; nobody who resizes means that. */
    return current->resize(current->context, memory, size == 0 ? 1 : size);
}

void *base_alloc(size_t size) { return base_resize(NULL, size); }

void *base_resize_array(void *memory, size_t count, size_t size) {
    if (size != 0 && count > SIZE_MAX / size) {
        return NULL;
    }
    return base_resize(memory, count * size);
}

void *base_calloc(size_t count, size_t size) {
    void *memory = base_resize_array(NULL, count, size);
    if (memory != NULL) {
        memset(memory, 0, count * size);
    }
    return memory;
}

void base_free(void *memory) {
    if (memory != NULL) {
        (void)current->resize(current->context, memory, 0);
    }
}

char *base_strdup(struct substrate_text text) {
    if (text.size == SIZE_MAX) {
        return NULL;
    }
    char *copy = base_alloc(text.size + 1);
    if (copy == NULL) {
        return NULL;
    }
    if (text.size > 0) {
        memcpy(copy, text.data, text.size);
    }
    copy[text.size] = '\0';
    return copy;
}

bool base_grow(void **array, size_t *capacity, size_t need, size_t size) {
    if (need <= *capacity) {
        return true;
    }
    size_t grown = *capacity == 0 ? 8 : *capacity;
    while (grown < need) {
        grown = grown > SIZE_MAX / 2 ? need : grown * 2;
    }
    void *memory = base_resize_array(*array, grown, size);
    if (memory == NULL) {
        return false;
    }
    *array = memory;
    *capacity = grown;
    return true;
}
