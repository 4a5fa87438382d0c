/* System.Events is a vector of records { phase, event, topics }. The event is the runtime's outer
 * enum, whose variant is the pallet, around the pallet's enum, whose variant is the event. */
#include "block.h"

#include "base/json.h"
#include "base/text.h"

static enum substrate_status fail_at(size_t at, const char *what, struct substrate_error *error) {
    base_fail(error, SUBSTRATE_E_DECODE, "System.Events at byte %zu: %s", at, what);
    if (error != NULL) {
        error->position = at;
    }
    return SUBSTRATE_E_DECODE;
}

static bool record_field(const struct type *record, const char *name, uint32_t *type) {
    for (uint32_t i = 0; i < record->fields.count; i++) {
        if (base_text_is(record->fields.fields[i].name, name)) {
            *type = record->fields.fields[i].type;
            return true;
        }
    }
    return false;
}

enum substrate_status events_begin(struct events *events, const struct substrate_metadata *metadata,
                                   struct substrate_bytes value, const struct value_limits *limits,
                                   struct substrate_error *error) {
    const struct metadata_pallet *system = metadata_pallet(metadata, BASE_TEXT("System"));
    const struct metadata_storage *item =
        system == NULL ? NULL : metadata_storage(system, BASE_TEXT("Events"));
    if (item == NULL) {
        return base_fail(error, SUBSTRATE_E_NOT_FOUND, "the runtime has no System.Events");
    }
    const struct type *list = types_get(&metadata->types, item->value);
    const struct type *record = list != NULL && list->kind == TYPE_SEQUENCE
                                    ? types_get(&metadata->types, list->of.inner)
                                    : NULL;
    *events = (struct events){metadata, *limits, scale_reader(value), 0, 0, 0, 0};
    if (record == NULL || record->kind != TYPE_COMPOSITE || record->fields.count != 3 ||
        !record_field(record, "phase", &events->phase) ||
        !record_field(record, "event", &events->event) ||
        !record_field(record, "topics", &events->topics)) {
        return fail_at(0, "its type is not Vec<EventRecord>", error);
    }
    uint64_t count;
    if (!scale_compact(&events->reader, &count) || count > UINT32_MAX) {
        return fail_at(0, "no number of events", error);
    }
    events->left = (uint32_t)count;
    return SUBSTRATE_OK;
}

/* The variant whose index is next; NULL, with the cursor where it was, when there is none. */
static const struct type_variant *next_variant(struct events *events, uint32_t id) {
    const struct type *type = types_get(&events->metadata->types, id);
    struct scale_reader *reader = &events->reader;
    if (type == NULL || type->kind != TYPE_VARIANT || scale_left(reader) == 0) {
        return NULL;
    }
    const struct type_variant *variant = type->variants.by_index[reader->data[reader->at]];
    reader->at += variant != NULL;
    return variant;
}

/* Moves behind the fields of a variant, and says where they are. */
static enum substrate_status skip_fields(struct events *events, const struct type_variant *variant,
                                         struct substrate_bytes *view,
                                         struct substrate_error *error) {
    struct scale_reader *reader = &events->reader;
    size_t at = reader->at;
    enum substrate_status status = SUBSTRATE_OK;
    for (uint32_t i = 0; status == SUBSTRATE_OK && i < variant->field_count; i++) {
        status =
            value_skip(events->metadata, variant->fields[i].type, reader, &events->limits, error);
    }
    *view = (struct substrate_bytes){reader->data + at, reader->at - at};
    return status;
}

static enum substrate_status read_phase(struct events *events, struct event *event,
                                        struct substrate_error *error) {
    const struct type_variant *phase = next_variant(events, events->phase);
    struct substrate_bytes fields;
    if (phase == NULL) {
        return fail_at(events->reader.at, "no phase", error);
    }
    enum substrate_status status = skip_fields(events, phase, &fields, error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    event->phase = phase->name;
    event->has_extrinsic = base_text_is(phase->name, "ApplyExtrinsic");
    uint64_t index = 0;
    struct scale_reader reader = scale_reader(fields);
    if (event->has_extrinsic && (!scale_uint(&reader, 4, &index) || scale_left(&reader) > 0)) {
        return fail_at(events->reader.at, "ApplyExtrinsic is not a u32", error);
    }
    event->extrinsic = (uint32_t)index;
    return SUBSTRATE_OK;
}

enum substrate_status events_next(struct events *events, struct event *event,
                                  struct substrate_error *error) {
    struct scale_reader *reader = &events->reader;
    if (events->left == 0) {
        return scale_left(reader) == 0 ? SUBSTRATE_E_NOT_FOUND
                                       : fail_at(reader->at, "bytes are left over", error);
    }
    enum substrate_status status = read_phase(events, event, error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    const struct type_variant *pallet = next_variant(events, events->event);
    if (pallet == NULL || pallet->field_count != 1) {
        return fail_at(reader->at, "no event of a pallet", error);
    }
    event->pallet = pallet->name;
    event->variant = next_variant(events, pallet->fields[0].type);
    if (event->variant == NULL) {
        return fail_at(reader->at, "no event that its pallet has", error);
    }
    event->name = event->variant->name;
    status = skip_fields(events, event->variant, &event->fields, error);
    size_t at = reader->at;
    if (status == SUBSTRATE_OK) {
        status = value_skip(events->metadata, events->topics, reader, &events->limits, error);
    }
    event->topics = (struct substrate_bytes){reader->data + at, reader->at - at};
    events->left--;
    return status;
}

/* At the fields of an event, in all of the input, so that offsets are those of the input. */
static struct scale_reader at_fields(const struct events *events, const struct event *event) {
    size_t at = (size_t)(event->fields.data - events->reader.data);
    return (struct scale_reader){events->reader.data, at + event->fields.size, at};
}

enum substrate_status event_write_fields(const struct events *events, const struct event *event,
                                         struct base_buf *json, struct substrate_error *error) {
    const struct type_variant *variant = event->variant;
    if (variant->field_count == 0) {
        base_buf_str(json, "null");
        return SUBSTRATE_OK;
    }
    bool named = variant->fields[0].name.data != NULL;
    struct scale_reader reader = at_fields(events, event);
    for (uint32_t i = 0; i < variant->field_count; i++) {
        base_buf_char(json, i > 0 ? ',' : named ? '{' : '[');
        if (named) {
            base_json_write_string(json, variant->fields[i].name);
            base_buf_char(json, ':');
        }
        enum substrate_status status = value_read(events->metadata, variant->fields[i].type,
                                                  &reader, &events->limits, json, error);
        if (status != SUBSTRATE_OK) {
            return status;
        }
    }
    base_buf_char(json, named ? '}' : ']');
    return SUBSTRATE_OK;
}

/* Moves into a Result<_, DispatchError> that is an Err: the type of the error. False: it is none,
 * and the cursor is where it was. */
static bool enter_failure(const struct events *events, uint32_t id, struct scale_reader *reader,
                          uint32_t *inner) {
    const struct type *type = types_get(&events->metadata->types, id);
    if (dispatch_error_is(events->metadata, id)) {
        *inner = id;
        return true;
    }
    if (type == NULL || type->kind != TYPE_VARIANT || type->path_count == 0 ||
        !base_text_is(type->path[type->path_count - 1], "Result") || scale_left(reader) == 0) {
        return false;
    }
    const struct type_variant *variant = type->variants.by_index[reader->data[reader->at]];
    bool is_failure = variant != NULL && base_text_is(variant->name, "Err") &&
                      variant->field_count == 1 &&
                      dispatch_error_is(events->metadata, variant->fields[0].type);
    if (is_failure) {
        reader->at++;
        *inner = variant->fields[0].type;
    }
    return is_failure;
}

enum substrate_status event_dispatch_error(const struct events *events, const struct event *event,
                                           bool *failed, struct dispatch_error *dispatch,
                                           struct substrate_error *error) {
    struct scale_reader reader = at_fields(events, event);
    *failed = false;
    for (uint32_t i = 0; i < event->variant->field_count; i++) {
        uint32_t type = event->variant->fields[i].type;
        uint32_t inner;
        if (enter_failure(events, type, &reader, &inner)) {
            *failed = true;
            return dispatch_error_read(events->metadata, inner, &reader, &events->limits, dispatch,
                                       error);
        }
        enum substrate_status status =
            value_skip(events->metadata, type, &reader, &events->limits, error);
        if (status != SUBSTRATE_OK) {
            return status;
        }
    }
    return SUBSTRATE_OK;
}

static enum substrate_status write_event(const struct events *events, const struct event *event,
                                         struct base_buf *json, struct substrate_error *error) {
    base_buf_str(json, "{\"phase\":");
    base_json_write_string(json, event->phase);
    base_buf_str(json, ",\"extrinsic\":");
    if (event->has_extrinsic) {
        base_buf_u64(json, event->extrinsic);
    } else {
        base_buf_str(json, "null");
    }
    base_buf_str(json, ",\"pallet\":");
    base_json_write_string(json, event->pallet);
    base_buf_str(json, ",\"name\":");
    base_json_write_string(json, event->name);
    base_buf_str(json, ",\"fields\":");
    enum substrate_status status = event_write_fields(events, event, json, error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    base_buf_str(json, ",\"topics\":");
    status = value_read_all(events->metadata, events->topics, event->topics, &events->limits, json,
                            error);
    bool failed = false;
    struct dispatch_error dispatch;
    if (status == SUBSTRATE_OK) {
        status = event_dispatch_error(events, event, &failed, &dispatch, error);
    }
    if (status == SUBSTRATE_OK && failed) {
        base_buf_str(json, ",\"error\":");
        dispatch_error_write(&dispatch, json);
    }
    base_buf_char(json, '}');
    return status;
}

enum substrate_status events_read(const struct substrate_metadata *metadata,
                                  struct substrate_bytes value, const struct value_limits *limits,
                                  struct base_buf *json, struct substrate_error *error) {
    struct events events;
    struct event event;
    size_t start = json->size;
    enum substrate_status status = events_begin(&events, metadata, value, limits, error);
    base_buf_char(json, '[');
    for (bool first = true; status == SUBSTRATE_OK; first = false) {
        status = events_next(&events, &event, error);
        if (status == SUBSTRATE_OK) {
            base_buf_str(json, first ? "" : ",");
            status = write_event(&events, &event, json, error);
        } else if (status == SUBSTRATE_E_NOT_FOUND) {
            base_buf_char(json, ']');
            if (!json->failed) {
                return SUBSTRATE_OK;
            }
            status = base_fail(error, SUBSTRATE_E_MEMORY, "no memory for the events");
        }
    }
    json->size = start;
    return status;
}
