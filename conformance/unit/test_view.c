/* A space's view, over the sample: what is seen, how blocks are named, and how the heads move. */
#include "view_support.h"

/* ---- what is seen ---- */

START_TEST(blocks_are_seen_from_heads_down) {
    begin(2, VIEW_LAG_RECORDED);
    ck_assert_ptr_nonnull(find(SAMPLE_H1));
    ck_assert_ptr_nonnull(find(SAMPLE_H2));
    ck_assert_ptr_null(find(SAMPLE_H3));
    ck_assert_ptr_null(find(SAMPLE_H5));
    ck_assert_ptr_null(find(SAMPLE_FORK2));
    go(resolve("3"));
    ck_assert_ptr_nonnull(find(SAMPLE_H3));
    ck_assert_ptr_null(find(SAMPLE_H5));
    ck_assert_int_eq(view_set_head(view, resolve("1"), VIEW_SCENE, &steps, &error), SUBSTRATE_OK);
    ck_assert_ptr_nonnull(find(SAMPLE_H3)); /* once seen, always seen */
    go(resolve(SAMPLE_FORK2));
    ck_assert_ptr_nonnull(find(SAMPLE_FORK2));
    ck_assert_ptr_null(find(SAMPLE_H5));
    go(resolve("5"));
    ck_assert_ptr_nonnull(find(SAMPLE_FORK2));
    view_reset(view, &(struct view_start){chain_at(chain, 2), VIEW_LAG_RECORDED});
    ck_assert_ptr_null(find(SAMPLE_H3));
    ck_assert_ptr_null(find(SAMPLE_FORK2));
    end();
}
END_TEST

START_TEST(blocks_are_named) {
    begin(3, VIEW_LAG_RECORDED);
    ck_assert_ptr_eq(resolve("head"), chain_at(chain, 3));
    ck_assert_ptr_eq(resolve("head-1"), chain_at(chain, 2));
    ck_assert_ptr_eq(resolve("head-3"), chain_at(chain, 0));
    ck_assert_ptr_eq(resolve("finalized"), chain_at(chain, 1));
    ck_assert_ptr_eq(resolve("5"), chain_at(chain, 5)); /* above the head, along the recording */
    ck_assert_ptr_eq(resolve(SAMPLE_H5), chain_at(chain, 5));
    ck_assert_ptr_eq(resolve(&SAMPLE_H5[2]), chain_at(chain, 5));
    const struct chain_block *made =
        make(&(struct view_made){.name = BASE_TEXT("mine"), .parent = chain_at(chain, 1)});
    ck_assert_ptr_eq(resolve("@mine"), made);
    const struct chain_block *other =
        make(&(struct view_made){.name = BASE_TEXT("mine"), .parent = made});
    ck_assert_ptr_eq(resolve("@mine"), other); /* the last one of that name */
    char hash[67];
    substrate_hash_format(&made->hash, hash);
    ck_assert_ptr_eq(resolve(hash), made);
    static const char *const NONE[] = {"head-4", "head-x",  "headless", "4",
                                       "6",      "@others", "@",        SAMPLE_UNKNOWN,
                                       "",       "-1",      "Head",     "0x12"};
    for (size_t i = 0; i < sizeof NONE / sizeof *NONE; i++) {
        error.message[0] = '\0';
        ck_assert_msg(view_resolve(view, base_text(NONE[i]), &error) == NULL, "%s", NONE[i]);
        ck_assert_msg(strstr(error.message, NONE[i]) != NULL, "%s: %s", NONE[i], error.message);
    }
    end();
}
END_TEST

START_TEST(numbers_go_along_the_head) {
    begin(1, 1);
    const struct chain_block *a = make_on(NULL), *b = make_on(NULL), *c = make_on(NULL);
    ck_assert_ptr_eq(view_head(view), c);
    ck_assert_ptr_eq(view_at(view, 2), a);
    ck_assert_ptr_eq(view_at(view, 3), b);
    ck_assert_ptr_eq(view_at(view, 4), c);
    ck_assert_ptr_eq(view_at(view, 1), chain_at(chain, 1));
    ck_assert_ptr_eq(view_at(view, 0), chain_genesis(chain));
    ck_assert_ptr_null(view_at(view, 5));
    ck_assert_int_eq(view_set_head(view, resolve("5"), VIEW_SCENE, &steps, &error), SUBSTRATE_OK);
    ck_assert_ptr_eq(view_at(view, 2), chain_at(chain, 2));
    ck_assert_ptr_null(view_at(view, 4)); /* a gap */
    ck_assert_int_eq(view_set_head(view, resolve(SAMPLE_FORK2), VIEW_SCENE, &steps, &error),
                     SUBSTRATE_OK);
    ck_assert_ptr_eq(view_at(view, 2), resolve(SAMPLE_FORK2));
    ck_assert_ptr_eq(view_at(view, 1), chain_at(chain, 1));
    end();
}
END_TEST

/* ---- moves ---- */

START_TEST(each_block_forward_is_a_step) {
    begin(0, 2);
    go(resolve("5"));
    ck_steps("1/0 2/0 3/1 5/3");
    go(resolve("5"));
    ck_steps("");
    end();
}
END_TEST

START_TEST(the_finalized_head_never_goes_back) {
    begin(3, 2); /* finalized is 1 */
    go(resolve("2"));
    ck_steps("2/1");
    go(resolve(SAMPLE_FORK2));
    ck_steps("2/1");
    go(resolve("3"));
    ck_steps("3/1"); /* a jump: one step */
    ck_assert_int_eq(view_finalize(view, resolve("2"), &steps, &error), SUBSTRATE_OK);
    ck_steps("3/2");
    ck_refused(view_set_head(view, resolve(SAMPLE_FORK2), VIEW_MOVE, &steps, &error),
               SUBSTRATE_E_ARGUMENT, "does not descend from the finalized head");
    ck_refused(view_set_head(view, resolve("1"), VIEW_MOVE, &steps, &error), SUBSTRATE_E_ARGUMENT,
               "does not descend from the finalized head");
    ck_refused(view_finalize(view, resolve("1"), &steps, &error), SUBSTRATE_E_ARGUMENT,
               "never moves back");
    ck_refused(view_finalize(view, resolve("5"), &steps, &error), SUBSTRATE_E_ARGUMENT,
               "neither the head nor an ancestor");
    ck_assert_uint_eq(steps.count, 0);
    ck_assert_ptr_eq(view_head(view), chain_at(chain, 3));
    /* … but where the scene is set. */
    ck_assert_int_eq(view_set_head(view, resolve(SAMPLE_FORK2), VIEW_SCENE, &steps, &error),
                     SUBSTRATE_OK);
    ck_steps("2/0");
    ck_assert_int_eq(view_set_head(view, resolve("5"), VIEW_SCENE, &steps, &error), SUBSTRATE_OK);
    ck_steps("5/3");
    end();
}
END_TEST

START_TEST(the_finalized_head_is_held_and_lags) {
    begin(0, 1);
    go(resolve("2"));
    ck_steps("1/0 2/1");
    ck_assert_int_eq(view_set_lag(view, VIEW_LAG_HELD, VIEW_MOVE, &steps, &error), SUBSTRATE_OK);
    go(resolve("5"));
    ck_steps("3/1 5/1");
    ck_assert_int_eq(view_set_lag(view, 2, VIEW_MOVE, &steps, &error), SUBSTRATE_OK);
    ck_steps("5/3"); /* let go, it catches up */
    ck_assert_int_eq(view_set_lag(view, 4, VIEW_MOVE, &steps, &error), SUBSTRATE_OK);
    ck_steps("");
    make_on(NULL);
    make_on(NULL);
    ck_steps("6/3 7/3");
    make_on(NULL);
    ck_steps("8/3"); /* 4 is a gap */
    make_on(NULL);
    ck_steps("9/5");
    /* Setting the scene, it goes back, too. */
    ck_assert_int_eq(view_set_lag(view, 9, VIEW_SCENE, &steps, &error), SUBSTRATE_OK);
    ck_steps("9/0");
    end();
}
END_TEST

START_TEST(advancing_ends_or_makes) {
    begin(1, 1);
    ck_assert_int_eq(view_advance(view, 2, false, 0, &steps, &error), SUBSTRATE_OK);
    ck_steps("2/1 3/2");
    ck_refused(view_advance(view, 2, false, 0, &steps, &error), SUBSTRATE_E_NOT_FOUND,
               "the last recorded block is 5: the head cannot advance by 2");
    ck_steps("");
    ck_assert_int_eq(view_advance(view, 3, true, 0, &steps, &error), SUBSTRATE_OK);
    ck_steps("5/3 6/5 7/6");
    ck_assert(view_head(view)->made);
    ck_refused(view_advance(view, 1, false, 0, &steps, &error), SUBSTRATE_E_NOT_FOUND,
               "the last made block is 7");
    ck_assert_uint_eq(view_counts(view).made, 2);
    end();
}
END_TEST

START_TEST(forks_stay_above_finalized) {
    begin(3, 2);
    ck_refused(view_fork(view, 3, (struct substrate_text){NULL, 0}, &steps, &error),
               SUBSTRATE_E_ARGUMENT, "2 behind the head");
    ck_assert_int_eq(view_fork(view, 2, BASE_TEXT("a"), &steps, &error), SUBSTRATE_OK);
    ck_steps("4/1");
    const struct chain_block *a = view_head(view);
    ck_assert_ptr_eq(resolve("@a"), a);
    ck_assert_ptr_eq(view_ancestor(a, 1), chain_at(chain, 1));
    ck_assert(view_ancestor(a, 2)->made && view_ancestor(a, 3)->made);
    /* A fork of the fork, at the same place: other blocks. */
    ck_assert_int_eq(view_fork(view, 3, BASE_TEXT("b"), &steps, &error), SUBSTRATE_OK);
    ck_steps("5/1");
    ck_assert_ptr_ne(view_ancestor(view_head(view), 2), view_ancestor(a, 2));
    ck_assert_mem_ne(&view_ancestor(view_head(view), 2)->hash, &view_ancestor(a, 2)->hash, 32);
    ck_assert_int_eq(view_fork(view, 0, BASE_TEXT("c"), &steps, &error), SUBSTRATE_OK);
    ck_steps("6/1");
    /* The next block has finality follow. */
    make_on(NULL);
    ck_steps("7/5");
    end();
}
END_TEST

/* `start` of a script: what was made, the lag and pruning stay, what was seen does not. */
START_TEST(a_scene_begins_at_a_block) {
    begin(5, 1);
    const struct chain_block *mine =
        make(&(struct view_made){.name = BASE_TEXT("mine"), .parent = chain_at(chain, 2)});
    view_prune_keep(view, 2);
    (void)view_start_at(view, mine);
    ck_assert_ptr_eq(view_head(view), mine);
    ck_assert_ptr_eq(view_finalized(view), chain_at(chain, 2));
    ck_assert_ptr_null(find(SAMPLE_H3));
    ck_assert_ptr_nonnull(find(SAMPLE_H2));
    ck_assert_ptr_eq(resolve("@mine"), mine);
    ck_assert(view_is_pruned(view, chain_at(chain, 1)));
    ck_assert(!view_is_pruned(view, chain_at(chain, 2)));
    end();
}
END_TEST

START_TEST(states_are_discarded) {
    begin(3, 1);
    view_prune_below(view, 1);
    ck_assert(view_is_pruned(view, chain_at(chain, 0)));
    ck_assert(!view_is_pruned(view, chain_at(chain, 1)));
    view_prune_keep(view, 2);
    ck_assert(view_is_pruned(view, chain_at(chain, 1)));
    ck_assert(!view_is_pruned(view, chain_at(chain, 2)));
    ck_assert_int_eq(view_advance(view, 3, true, 0, &steps, &error), SUBSTRATE_OK);
    ck_assert_uint_eq(view_head(view)->number, 7);
    ck_assert(view_is_pruned(view, view_at(view, 5)));
    ck_assert(!view_is_pruned(view, view_at(view, 6)));
    ck_assert(!view_is_pruned(view, view_at(view, 7)));
    /* What was discarded stays so. */
    view_prune_keep(view, 0);
    view_prune_below(view, 2);
    ck_assert(view_is_pruned(view, view_at(view, 5)));
    view_reset(view, &(struct view_start){NULL, VIEW_LAG_RECORDED});
    ck_assert(!view_is_pruned(view, view_at(view, 0)));
    end();
}
END_TEST

START_TEST(the_highest_block_becomes_the_head) {
    begin(3, 1); /* finalized is 2 */
    const struct chain_block *low = make_on(chain_at(chain, 2));
    ck_steps(""); /* no higher than the head */
    make_on(low);
    ck_steps("4/3");
    const struct chain_block *other = make_on(chain_at(chain, 1));
    for (int i = 0; i < 5; i++) {
        other = make_on(other);
    }
    ck_assert_uint_eq(other->number, 7);
    ck_steps(""); /* higher, but under the finalized head */
    end();
}
END_TEST

/* Of one move from these heads. */
static void check_steps(const struct chain_block *head, const struct chain_block *finalized,
                        bool scene) {
    for (size_t at = 0; at < steps.count; at++) {
        const struct view_step *step = &steps.list[at];
        ck_assert_ptr_eq(step->head_before, head);
        ck_assert_ptr_eq(step->finalized_before, finalized);
        ck_assert(step->head != head || step->finalized != finalized);
        /* Forward along one chain no block is passed over. */
        bool forward = view_ancestor(step->head, head->number) == head;
        ck_assert(!forward || step->head == head || step->head->up == head);
        ck_assert_ptr_eq(view_ancestor(step->head, step->finalized->number), step->finalized);
        ck_assert(scene || view_ancestor(step->finalized, finalized->number) == finalized);
        ck_assert_ptr_eq(view_find(view, &step->head->hash), step->head);
        head = step->head;
        finalized = step->finalized;
    }
    ck_assert_ptr_eq(view_head(view), head);
    ck_assert_ptr_eq(view_finalized(view), finalized);
}

/* Whatever is asked for: the head descends from the finalized head, which goes back only where the
 * scene is set; steps follow each other; and what fails moves nothing. */
START_TEST(moves_keep_their_promises) {
    const struct chain_block *pool[400] = {NULL};
    size_t count = 0, refused = 0;
    uint64_t state = 77;
    begin(3, 2);
    for (uint64_t number = 0; number <= 5; number++) {
        if (chain_at(chain, number) != NULL) {
            pool[count++] = chain_at(chain, number);
        }
    }
    pool[count++] = resolve(SAMPLE_FORK2);
    for (int i = 0; i < 4000; i++) {
        const struct chain_block *head = view_head(view), *finalized = view_finalized(view);
        const struct chain_block *block = pool[draw(&state) % count], *made = NULL;
        uint64_t small = draw(&state) % 5;
        enum substrate_status status = SUBSTRATE_OK;
        bool scene = false;
        steps.count = 0;
        switch (draw(&state) % 9) {
        case 0:
            scene = draw(&state) % 8 == 0;
            status = view_set_head(view, block, scene ? VIEW_SCENE : VIEW_MOVE, &steps, &error);
            break;
        case 1:
            status = view_finalize(view, block, &steps, &error);
            break;
        case 2:
            status = view_set_lag(view, small == 0 ? VIEW_LAG_HELD : 2 * small, VIEW_MOVE, &steps,
                                  &error);
            break;
        case 3:
            status = view_fork(view, small, BASE_TEXT("fork"), &steps, &error);
            made = status == SUBSTRATE_OK ? view_head(view) : NULL;
            break;
        case 4:
            status = view_advance(view, 1 + small, draw(&state) % 2 == 0, 0, &steps, &error);
            break;
        default:
            status = view_make(view, &(struct view_made){.parent = small < 3 ? NULL : block}, &made,
                               &steps, &error);
            break;
        }
        if (status != SUBSTRATE_OK) {
            ck_assert_int_ne(status, SUBSTRATE_E_MEMORY);
            ck_assert_ptr_eq(view_head(view), head);
            ck_assert_ptr_eq(view_finalized(view), finalized);
            ck_assert_uint_eq(steps.count, 0);
            refused++;
        }
        check_steps(head, finalized, scene);
        if (made != NULL) {
            pool[count < 400 ? count++ : 7 + draw(&state) % 393] = made;
        }
    }
    ck_assert_uint_gt(refused, 300);
    ck_assert_uint_lt(refused, 2000);
    end();
}
END_TEST

CHECK_MAIN("view", a_scene_begins_at_a_block, blocks_are_seen_from_heads_down, blocks_are_named,
           numbers_go_along_the_head, each_block_forward_is_a_step,
           the_finalized_head_never_goes_back, the_finalized_head_is_held_and_lags,
           advancing_ends_or_makes, forks_stay_above_finalized, states_are_discarded,
           the_highest_block_becomes_the_head, moves_keep_their_promises)
