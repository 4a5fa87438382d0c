/* The spaces of a node: found by name, begun when first named, told when they are due, dropped when
 * idle ones are too many. A space is idle while it has no connection. */
#ifndef CONTROL_SPACES_H
#define CONTROL_SPACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <substrate/base.h>
#include "space/space.h"
#include "space/url.h"

#define SPACES_MAX 4096

/* A recording that spaces can be of, by its name. */
struct spaces_recording {
    struct substrate_text name;
    const struct chain *chain;
    const struct chain_block *head;    /* NULL: the recording's */
    const struct latencies *latencies; /* NULL: none */
};

typedef void spaces_unfired(void *context, struct substrate_text space, struct substrate_text rule);

struct spaces_options {
    const struct spaces_recording *recordings; /* borrowed; the first is the default */
    size_t recording_count;
    size_t spaces_max;          /* beside the default one, which always has room */
    uint64_t seed;              /* of spaces that name none */
    struct space_config config; /* of all, but for chain, head and owner */
    /* Gets the canonical lines of spaces that are dropped; NULL: they are not kept. */
    FILE *canonical;
    /* Gets the rules that never fired of spaces that are dropped; NULL: nobody. */
    spaces_unfired *unfired;
    /* Says when spaces_run is to be called next. */
    void (*due)(void *context, uint64_t due);
    void *context;
};

/* Why a space is not given: an HTTP status and a line of text. */
struct spaces_refusal {
    int status;
    char text[200];
};

struct spaces;

/* NULL: out of memory. */
struct spaces *spaces_new(const struct spaces_options *options);
void spaces_free(struct spaces *spaces); /* NULL is fine */
/* The space that a URL names, begun if need be. NULL: refused. */
struct space *spaces_find(struct spaces *spaces, const struct space_url *url, uint64_t now,
                          struct spaces_refusal *refusal);
/* The member `due` of the spaces' port: `owner` is the one of their configuration. */
void spaces_due_told(void *owner, uint64_t due);
/* Runs all that is due. */
void spaces_run(struct spaces *spaces, uint64_t now);
/* Takes a space away: its name is free at once, its canonical lines are kept, its WebSockets are
 * closed (1001), and it is freed when spaces_left is told that its last connection has gone. */
void spaces_drop(struct spaces *spaces, struct space *space);
/* The space of this name; NULL: there is none, or it was dropped. */
struct space *spaces_named(const struct spaces *spaces, struct substrate_text name);
/* Those that a space is one of. */
struct spaces *spaces_of(const struct space *space);
bool spaces_is_dropped(const struct space *space);
/* A connection of this space has been closed. */
void spaces_left(struct spaces *spaces, struct space *space);

/* What happened in all spaces, dropped ones too. */
uint64_t spaces_unmatched(const struct spaces *spaces);
uint64_t spaces_errors(const struct spaces *spaces); /* of scripts */
/* Tells each rule that never fired, with its space; those of dropped spaces were told before. */
void spaces_tell_unfired(const struct spaces *spaces, spaces_unfired *tell, void *context);
/* Writes the canonical lines of the spaces that there are, by name. false: out of memory, or the
 * file failed. */
bool spaces_write_canonical(struct spaces *spaces, FILE *file);

#endif
