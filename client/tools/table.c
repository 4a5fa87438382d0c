/* Tables; see table.h. Cells are views into the JSON: strings are shown with its escapes, so that
 * what a stranger wrote into the chain cannot drive a terminal. */
#include "table.h"

#include <stdint.h>

#include "base/map.h"
#include "base/mem.h"
#include "glyph.h"

#define NO_TEXT ((struct substrate_text){NULL, 0})

struct column {
    struct substrate_text title;
    size_t width;
    bool numbers; /* only: aligned to the right */
};

struct table {
    struct base_arena arena;
    struct base_map by_title; /* the index of a column, and 1 */
    struct column *columns;
    size_t column_count, column_capacity;
    struct base_json *cells; /* row by row; made once the columns are known */
    size_t row_count;
    size_t columns_max; /* of the terminal */
    bool failed;
};

static void table_init(struct table *table, size_t columns_max) {
    *table = (struct table){.columns_max = columns_max};
    base_arena_init(&table->arena, 0);
    base_map_init(&table->by_title, 0);
}

static void table_free(struct table *table) {
    base_map_free(&table->by_title);
    base_free(table->columns);
    base_arena_free(&table->arena);
}

static struct substrate_text inner(struct substrate_text quoted) {
    return (struct substrate_text){quoted.data + 1, quoted.size - 2};
}

static struct substrate_text shown(struct base_json value) {
    return value.kind == BASE_JSON_STRING ? inner(value.raw) : value.raw;
}

/* Integers, fractions and what is absent line up on the right; great integers are strings. */
static bool is_number(struct base_json value) {
    struct substrate_text text = shown(value);
    if (value.kind != BASE_JSON_STRING) {
        return value.kind == BASE_JSON_NUMBER || value.kind == BASE_JSON_NULL;
    }
    for (size_t i = 0; i < text.size; i++) {
        bool digit = text.data[i] >= '0' && text.data[i] <= '9';
        if (!digit && (text.data[i] != '.' || i == 0) && (text.data[i] != '-' || i > 0)) {
            return false;
        }
    }
    return text.size > 0;
}

static void write_spaces(struct base_buf *out, size_t count) {
    for (size_t i = 0; i < count; i++) {
        base_buf_char(out, ' ');
    }
}

static void write_cell(struct base_buf *out, struct substrate_text text, size_t width, bool right) {
    size_t used = glyph_width(text);
    size_t pad = width > used ? width - used : 0;
    write_spaces(out, right ? pad : 0);
    glyph_write(out, text);
    write_spaces(out, right ? 0 : pad);
}

static void end_line(struct base_buf *out) {
    while (out->size > 0 && out->data[out->size - 1] == ' ') {
        out->size -= 1;
    }
    base_buf_char(out, '\n');
}

/* ---- taking objects apart ---- */

/* Is told each member that is not an object itself. */
struct visitor {
    struct table *table;
    void (*leaf)(struct visitor *visitor, struct substrate_text path, struct base_json value);
    size_t row;
    struct base_buf *out; /* for those that write */
    size_t width;
};

static struct substrate_text join(struct table *table, struct substrate_text path,
                                  struct substrate_text key) {
    if (path.size == 0) {
        return inner(key);
    }
    struct base_buf text = BASE_BUF_INIT;
    base_buf_text(&text, path);
    base_buf_char(&text, '.');
    base_buf_text(&text, inner(key));
    struct substrate_text joined = base_arena_text(&table->arena, base_buf_view(&text));
    table->failed = table->failed || text.failed || joined.data == NULL;
    base_buf_free(&text);
    return table->failed ? NO_TEXT : joined;
}

/* The depth of JSON is limited, and so is this recursion. */
static void visit(struct visitor *visitor, struct substrate_text path, struct base_json value) {
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json member;
    if (value.kind != BASE_JSON_OBJECT || base_json_length(value) == 0) {
        visitor->leaf(visitor, path, value);
        return;
    }
    base_json_walk_init(&walk, value);
    while (base_json_walk_next(&walk, &key, &member)) {
        visit(visitor, join(visitor->table, path, key), member);
    }
}

/* ---- an array of objects ---- */

static size_t find_column(struct table *table, struct substrate_text title) {
    uintptr_t found = (uintptr_t)base_map_get(&table->by_title, title);
    if (found != 0) {
        return found - 1;
    }
    void *columns = table->columns;
    if (!base_grow(&columns, &table->column_capacity, table->column_count + 1,
                   sizeof(struct column)) ||
        !base_map_put(&table->by_title, title, (void *)(uintptr_t)(table->column_count + 1))) {
        table->failed = true;
    }
    table->columns = columns;
    if (!table->failed) {
        table->columns[table->column_count++] = (struct column){title, glyph_width(title), true};
    }
    return table->column_count - 1;
}

static void add_column(struct visitor *visitor, struct substrate_text path,
                       struct base_json value) {
    struct table *table = visitor->table;
    size_t index = table->failed ? 0 : find_column(table, path);
    if (table->failed) {
        return;
    }
    struct column *column = &table->columns[index];
    size_t width = glyph_width(shown(value));
    column->width = width > column->width ? width : column->width;
    column->numbers = column->numbers && is_number(value);
}

static void set_cell(struct visitor *visitor, struct substrate_text path, struct base_json value) {
    struct table *table = visitor->table;
    if (!table->failed) {
        size_t column = find_column(table, path);
        table->cells[visitor->row * table->column_count + column] = value;
    }
}

static void visit_rows(struct table *table, struct base_json array,
                       void (*leaf)(struct visitor *visitor, struct substrate_text path,
                                    struct base_json value)) {
    struct visitor visitor = {table, leaf, 0, NULL, 0};
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json row;
    base_json_walk_init(&walk, array);
    while (!table->failed && base_json_walk_next(&walk, &key, &row)) {
        visit(&visitor, NO_TEXT, row);
        visitor.row += 1;
    }
    table->row_count = visitor.row;
}

static void write_rows(struct base_buf *out, const struct table *table) {
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        write_spaces(out, i > 0 ? 2 : 0);
        write_cell(out, column->title, column->width, column->numbers);
    }
    end_line(out);
    for (size_t row = 0; row < table->row_count; row++) {
        for (size_t i = 0; i < table->column_count; i++) {
            const struct column *column = &table->columns[i];
            struct base_json cell = table->cells[row * table->column_count + i];
            write_spaces(out, i > 0 ? 2 : 0);
            write_cell(out, shown(cell), column->width, column->numbers);
        }
        end_line(out);
    }
}

/* Does a line of the table fit the terminal? */
static bool fits(const struct table *table) {
    size_t width = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        width += table->columns[i].width + (i > 0 ? 2 : 0);
    }
    return width <= table->columns_max;
}

/* A block of names and values for each row, where its line would be wrapped. */
static void write_blocks(struct base_buf *out, const struct table *table) {
    size_t width = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        size_t title = glyph_width(table->columns[i].title);
        width = title > width ? title : width;
    }
    for (size_t row = 0; row < table->row_count; row++) {
        base_buf_str(out, row > 0 ? "\n" : "");
        for (size_t i = 0; i < table->column_count; i++) {
            struct base_json cell = table->cells[row * table->column_count + i];
            if (cell.kind != BASE_JSON_NONE) {
                write_cell(out, table->columns[i].title, width + 2, false);
                glyph_write(out, shown(cell));
                end_line(out);
            }
        }
    }
}

static bool write_objects(struct base_buf *out, struct base_json array, size_t columns_max) {
    struct table table;
    table_init(&table, columns_max);
    visit_rows(&table, array, add_column);
    table.cells = base_arena_calloc(&table.arena, table.row_count * table.column_count + 1,
                                    sizeof(*table.cells));
    table.failed = table.failed || table.cells == NULL;
    if (!table.failed) {
        visit_rows(&table, array, set_cell);
    }
    if (!table.failed && fits(&table)) {
        write_rows(out, &table);
    } else if (!table.failed) {
        write_blocks(out, &table);
    }
    table_free(&table);
    return !table.failed;
}

/* ---- an object, and the rest ---- */

/* Are all elements objects, and is there one? */
static bool is_objects(struct base_json value) {
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json element;
    if (value.kind != BASE_JSON_ARRAY || base_json_length(value) == 0) {
        return false;
    }
    base_json_walk_init(&walk, value);
    while (base_json_walk_next(&walk, &key, &element)) {
        if (element.kind != BASE_JSON_OBJECT) {
            return false;
        }
    }
    return true;
}

static void measure(struct visitor *visitor, struct substrate_text path, struct base_json value) {
    size_t width = glyph_width(path);
    visitor->width = !is_objects(value) && width > visitor->width ? width : visitor->width;
}

static void write_pair(struct visitor *visitor, struct substrate_text path,
                       struct base_json value) {
    if (!is_objects(value)) {
        write_cell(visitor->out, path, visitor->width + 2, false);
        glyph_write(visitor->out, shown(value));
        end_line(visitor->out);
    }
}

static void write_inner_table(struct visitor *visitor, struct substrate_text path,
                              struct base_json value) {
    if (is_objects(value)) {
        base_buf_char(visitor->out, '\n');
        glyph_write(visitor->out, path);
        base_buf_str(visitor->out, ":\n");
        bool good = write_objects(visitor->out, value, visitor->table->columns_max);
        visitor->table->failed = visitor->table->failed || !good;
    }
}

static bool write_object(struct base_buf *out, struct base_json object, size_t columns_max) {
    struct table table;
    struct visitor visitor = {&table, measure, 0, out, 0};
    table_init(&table, columns_max);
    visit(&visitor, NO_TEXT, object);
    visitor.leaf = write_pair;
    visit(&visitor, NO_TEXT, object);
    visitor.leaf = write_inner_table;
    visit(&visitor, NO_TEXT, object);
    table_free(&table);
    return !table.failed;
}

static void write_lines(struct base_buf *out, struct base_json array) {
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json element;
    base_json_walk_init(&walk, array);
    while (base_json_walk_next(&walk, &key, &element)) {
        glyph_write(out, shown(element));
        base_buf_char(out, '\n');
    }
}

bool table_write(struct base_buf *out, struct base_json value, size_t columns_max) {
    bool good = true;
    if (is_objects(value)) {
        good = write_objects(out, value, columns_max);
    } else if (value.kind == BASE_JSON_OBJECT && base_json_length(value) > 0) {
        good = write_object(out, value, columns_max);
    } else if (value.kind == BASE_JSON_ARRAY && base_json_length(value) > 0) {
        write_lines(out, value);
    } else {
        glyph_write(out, shown(value));
        base_buf_char(out, '\n');
    }
    return good && !out->failed;
}
