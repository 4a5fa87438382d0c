/* Facts that are found out once; see memo.h. */
#include "memo.h"

#include <string.h>

#include "base/mem.h"

struct memo_entry {
    struct memo_entry *next;
    struct fact fact;
    bool known;
    struct fact_value value;
    const struct memo_waiter *finder; /* while it is not known: who asked first, */
    struct memo_waiter *waiters;      /* and the others */
};

static bool same(const struct fact *a, const struct fact *b) {
    return a->kind == b->kind && memcmp(&a->hash, &b->hash, sizeof(a->hash)) == 0 &&
           a->version.spec_version == b->version.spec_version;
}

static struct fact_value copy(const struct fact_value *value) {
    if (value->runtime != NULL) {
        (void)query_runtime_retain(value->runtime);
    }
    return *value;
}

static void entry_free(struct memo_entry *entry) {
    query_runtime_release(entry->value.runtime);
    base_free(entry);
}

struct memo *memo_new(size_t count_max) {
    struct memo *memo = base_calloc(1, sizeof(*memo));
    if (memo == NULL) {
        return NULL;
    }
    if (pthread_mutex_init(&memo->lock, NULL) != 0) {
        base_free(memo);
        return NULL;
    }
    if (pthread_cond_init(&memo->settled, NULL) != 0) {
        (void)pthread_mutex_destroy(&memo->lock);
        base_free(memo);
        return NULL;
    }
    memo->count_max = count_max;
    return memo;
}

void memo_free(struct memo *memo) {
    if (memo != NULL) {
        memo_forget(memo);
        (void)pthread_cond_destroy(&memo->settled);
        (void)pthread_mutex_destroy(&memo->lock);
        base_free(memo);
    }
}

/* The link to the entry of a fact, or to the end. */
static struct memo_entry **find(struct memo *memo, const struct fact *fact) {
    struct memo_entry **link = &memo->first;
    while (*link != NULL && !same(&(*link)->fact, fact)) {
        link = &(*link)->next;
    }
    return link;
}

/* Takes the entry that was known and not used for longest out, if there are too many. */
static struct memo_entry *evict(struct memo *memo) {
    struct memo_entry **oldest = NULL;
    for (struct memo_entry **link = &memo->first; *link != NULL; link = &(*link)->next) {
        oldest = (*link)->known ? link : oldest;
    }
    if (memo->count <= memo->count_max || oldest == NULL) {
        return NULL;
    }
    struct memo_entry *entry = *oldest;
    *oldest = entry->next;
    memo->count -= 1;
    return entry;
}

/* Out of memory means that the fact will not be remembered, and no more. */
static struct memo_entry *begin(struct memo *memo, const struct fact *fact,
                                const struct memo_waiter *finder) {
    struct memo_entry *entry = base_calloc(1, sizeof(*entry));
    if (entry != NULL) {
        entry->fact = *fact;
        entry->finder = finder;
        entry->next = memo->first;
        memo->first = entry;
        memo->count += 1;
    }
    return entry;
}

enum memo_answer memo_ask(struct memo *memo, const struct fact *fact, struct memo_waiter *waiter) {
    enum memo_answer answer = MEMO_YOURS;
    if (memo == NULL) {
        return MEMO_YOURS;
    }
    (void)pthread_mutex_lock(&memo->lock);
    struct memo_entry **link = find(memo, fact);
    struct memo_entry *entry = *link;
    if (entry == NULL) {
        (void)begin(memo, fact, waiter);
    } else if (entry->known) {
        *link = entry->next;
        entry->next = memo->first;
        memo->first = entry;
        waiter->value = copy(&entry->value);
        answer = MEMO_KNOWN;
    } else {
        waiter->next = entry->waiters;
        entry->waiters = waiter;
        answer = MEMO_AWAITED;
    }
    (void)pthread_mutex_unlock(&memo->lock);
    return answer;
}

void memo_wait(struct memo *memo, struct memo_waiter *waiter) {
    (void)pthread_mutex_lock(&memo->lock);
    while (!waiter->settled) {
        (void)pthread_cond_wait(&memo->settled, &memo->lock);
    }
    (void)pthread_mutex_unlock(&memo->lock);
}

/* Under the lock: fills in all waiters; returns those that are to be called. Those that wait in
 * memo_wait may be gone as soon as the lock is. */
static struct memo_waiter *tell(struct memo_waiter *waiters, const struct memo_waiter *finder,
                                const struct fact_value *value,
                                const struct substrate_error *error) {
    struct memo_waiter *to_call = NULL;
    while (waiters != NULL) {
        struct memo_waiter *waiter = waiters;
        waiters = waiter->next;
        if (error == NULL) {
            waiter->value = copy(value);
        } else {
            waiter->error = *error;
            waiter->left = waiter->connection != finder->connection;
        }
        waiter->settled = true;
        if (waiter->on_settled != NULL) {
            waiter->next = to_call;
            to_call = waiter;
        }
    }
    return to_call;
}

/* Under the lock: the entry that this settles. Whoever asked first settles it in any case, any
 * other only with a value; with one, of a fact that nobody is finding out any more, too. */
static struct memo_entry **to_settle(struct memo *memo, const struct fact *fact,
                                     const struct memo_waiter *finder, bool found) {
    struct memo_entry **link = find(memo, fact);
    if (*link == NULL && found) {
        return begin(memo, fact, finder) != NULL ? &memo->first : NULL;
    }
    bool pending = *link != NULL && !(*link)->known;
    return pending && (found || (*link)->finder == finder) ? link : NULL;
}

void memo_settle(struct memo *memo, const struct fact *fact, const struct memo_waiter *finder,
                 const struct fact_value *value, const struct substrate_error *error) {
    struct memo_waiter *to_call = NULL;
    struct memo_entry *dropped = NULL;
    if (memo == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&memo->lock);
    struct memo_entry **link = to_settle(memo, fact, finder, error == NULL);
    if (link != NULL) {
        struct memo_entry *entry = *link;
        to_call = tell(entry->waiters, finder, value, error);
        entry->waiters = NULL;
        if (error == NULL) {
            entry->known = true;
            entry->value = copy(value);
            dropped = evict(memo);
        } else {
            *link = entry->next;
            memo->count -= 1;
            dropped = entry;
        }
        (void)pthread_cond_broadcast(&memo->settled);
    }
    (void)pthread_mutex_unlock(&memo->lock);
    if (dropped != NULL) {
        entry_free(dropped);
    }
    while (to_call != NULL) {
        struct memo_waiter *waiter = to_call;
        to_call = waiter->next;
        waiter->on_settled(waiter);
    }
}

void memo_forget(struct memo *memo) {
    struct memo_entry *dropped = NULL;
    (void)pthread_mutex_lock(&memo->lock);
    struct memo_entry **link = &memo->first;
    while (*link != NULL) {
        struct memo_entry *entry = *link;
        if (entry->known) {
            *link = entry->next;
            memo->count -= 1;
            entry->next = dropped;
            dropped = entry;
        } else {
            link = &entry->next;
        }
    }
    (void)pthread_mutex_unlock(&memo->lock);
    while (dropped != NULL) {
        struct memo_entry *entry = dropped;
        dropped = entry->next;
        entry_free(entry);
    }
}
