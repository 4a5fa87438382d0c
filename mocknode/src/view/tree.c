/* The ordered map of a made block: a treap whose nodes are never changed once their block is made.
 * The rank of an entry is a hash of its key, so that the shape depends on the keys alone, and the
 * way to one is as long as the logarithm of their number. */
#include "base/text.h"
#include "view/model.h"

const struct view_entry *view_tree_get(const struct view_node *root, struct substrate_text key) {
    while (root != NULL) {
        int order = base_text_compare(key, root->entry->key);
        if (order == 0) {
            return root->entry;
        }
        root = order < 0 ? root->left : root->right;
    }
    return NULL;
}

const struct view_entry *view_tree_from(const struct view_node *root, struct substrate_text key,
                                        bool after) {
    const struct view_entry *found = NULL;
    while (root != NULL) {
        int order = base_text_compare(root->entry->key, key);
        bool behind = order > 0 || (order == 0 && !after);
        found = behind ? root->entry : found;
        root = behind ? root->left : root->right;
    }
    return found;
}

/* Whether an entry stands over another one; keys that are equal have equal ranks. */
static bool is_over(const struct view_entry *a, const struct view_entry *b) {
    return a->rank != b->rank ? a->rank > b->rank : base_text_compare(a->key, b->key) < 0;
}

static struct view_node *node_of(struct view *view, const void *owner,
                                 const struct view_entry *entry) {
    struct view_node *node = view_take(view, sizeof(*node));
    if (node != NULL) {
        *node = (struct view_node){entry, NULL, NULL, owner};
    }
    return node;
}

/* A node of the owner's in place of the one in a slot. */
static struct view_node *own(struct view *view, const void *owner, const struct view_node **slot) {
    if ((*slot)->owner == owner) {
        return (struct view_node *)(uintptr_t)*slot; /* made by this very put's block */
    }
    struct view_node *copy = node_of(view, owner, (*slot)->entry);
    if (copy != NULL) {
        copy->left = (*slot)->left;
        copy->right = (*slot)->right;
        *slot = copy;
    }
    return copy;
}

bool view_tree_put(struct view *view, const void *owner, const struct view_node **root,
                   const struct view_entry *entry) {
    const struct view_node **slot = root;
    while (*slot != NULL && is_over((*slot)->entry, entry)) {
        struct view_node *node = own(view, owner, slot);
        if (node == NULL) {
            return false;
        }
        slot = base_text_compare(entry->key, node->entry->key) < 0 ? &node->left : &node->right;
    }
    struct view_node *placed = node_of(view, owner, entry);
    const struct view_node *rest = *slot;
    if (placed == NULL) {
        return false;
    }
    *slot = placed;
    if (rest != NULL && base_text_equal(rest->entry->key, entry->key)) {
        placed->left = rest->left;
        placed->right = rest->right;
        return true;
    }
    /* What was in its place comes under it, split by its key. */
    const struct view_node **left = &placed->left, **right = &placed->right;
    while (rest != NULL) {
        bool before = base_text_compare(rest->entry->key, entry->key) < 0;
        const struct view_node **side = before ? left : right;
        *side = rest;
        struct view_node *node = own(view, owner, side);
        if (node == NULL) {
            return false;
        }
        if (before) {
            left = &node->right;
            rest = node->right;
        } else {
            right = &node->left;
            rest = node->left;
        }
    }
    *left = *right = NULL;
    return true;
}
