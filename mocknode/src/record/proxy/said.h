/* An exchange on its way to the recording, with its texts in one allocation. */
#ifndef RECORD_PROXY_SAID_H
#define RECORD_PROXY_SAID_H

#include <string.h>
#include <sys/queue.h>
#include "base/mem.h"
#include "record/proxy/exchange.h"

struct said {
    STAILQ_ENTRY(said) entry;
    struct exchange exchange;
};

/* Copies the texts; free it with base_free. NULL: out of memory. */
static inline struct said *said_new(const struct exchange *exchange) {
    const struct substrate_text from[] = {exchange->method, exchange->params, exchange->result};
    struct said *said = base_alloc(sizeof *said + from[0].size + from[1].size + from[2].size);
    if (said == NULL) {
        return NULL;
    }
    char *at = (char *)(said + 1);
    *said = (struct said){.exchange = *exchange};
    struct substrate_text *const texts[] = {&said->exchange.method, &said->exchange.params,
                                            &said->exchange.result};
    for (size_t i = 0; i < 3; i++) {
        if (from[i].data != NULL) {
            memcpy(at, from[i].data, from[i].size);
            *texts[i] = (struct substrate_text){at, from[i].size};
            at += from[i].size;
        }
    }
    return said;
}

#endif
