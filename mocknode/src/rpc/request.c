/* Parameters by position or by name to a canonical request. The order of checks is that of the code
 * that jsonrpsee generates: parameters are read one after the other, and the first bad one is the
 * error. */
#include "rpc/request.h"

#include <string.h>
#include <substrate/hash.h>
#include "base/text.h"
#include "rpc/param.h"

static size_t param_count(const struct rpc_method *method) {
    size_t count = 0;
    while (count < RPC_PARAMS_MAX && method->params[count].type != RPC_END) {
        count++;
    }
    return count;
}

static struct substrate_text inside(struct substrate_text string) {
    return (struct substrate_text){string.data + 1, string.size - 2};
}

/* Takes in one parameter of so many; a kind of NONE says that it is not there. */
static enum substrate_status take_param(struct rpc_param_reader *reader, size_t index, size_t count,
                                        const struct base_json *value,
                                        struct rpc_request *request) {
    const struct rpc_method *method = request->method;
    const struct rpc_param *param = &method->params[index];
    struct substrate_text text = {NULL, 0};
    bool none = value->kind == BASE_JSON_NONE || (param->optional && value->kind == BASE_JSON_NULL);
    bool is_at = method->has_at && index + 1 == count;
    if (is_at && value->kind == BASE_JSON_STRING &&
        substrate_hash_parse(inside(value->raw), &request->at) == SUBSTRATE_OK) {
        request->at_given = true; /* nearly always */
        return SUBSTRATE_OK;
    }
    if (!none) {
        enum substrate_status status = rpc_param_read(reader, param->type, *value, &text);
        if (status != SUBSTRATE_OK) {
            return status;
        }
    } else if (param->preset != NULL) {
        text = base_text(param->preset);
    }
    if (!is_at) {
        request->params[index] = text;
        request->param_count = index + 1;
    } else if (text.data != NULL) {
        request->at_given = true;
        return substrate_hash_parse(inside(text), &request->at);
    }
    return SUBSTRATE_OK;
}

static enum substrate_status by_position(struct rpc_param_reader *reader, struct base_json params,
                                         struct rpc_request *request) {
    size_t count = param_count(request->method);
    struct base_json_walk walk = {0};
    bool more = params.kind == BASE_JSON_ARRAY;
    if (more) {
        base_json_walk_init(&walk, params);
        reader->origin = params.raw.data + 1;
    }
    for (size_t i = 0; i < count; i++) {
        struct substrate_text key;
        struct base_json value = {BASE_JSON_NONE, {NULL, 0}};
        more = more && base_json_walk_next(&walk, &key, &value);
        if (!more && !request->method->params[i].optional) {
            return rpc_param_refuse(reader, NULL, BASE_TEXT("No more params"));
        }
        if (more && i > 0) {
            /* Only white space is between the comma and the value. */
            reader->origin = value.raw.data;
            while (reader->origin[-1] != ',') {
                reader->origin--;
            }
        }
        enum substrate_status status = take_param(reader, i, count, &value, request);
        if (status != SUBSTRATE_OK) {
            return status;
        }
    }
    return SUBSTRATE_OK;
}

/* Whether a member's name is the parameter's, which is in snake_case; camelCase is as good. */
static bool is_named(struct substrate_text key, const char *name) {
    if (base_json_is((struct base_json){BASE_JSON_STRING, key}, name)) {
        return true;
    }
    char camel[40];
    size_t size = 0;
    for (const char *c = name; *c != '\0' && size + 1 < sizeof camel; c++) {
        bool up = *c == '_' && c[1] >= 'a' && c[1] <= 'z';
        c += up ? 1 : 0;
        camel[size++] = up ? (char)(*c - 'a' + 'A') : *c;
    }
    camel[size] = '\0';
    return base_json_is((struct base_json){BASE_JSON_STRING, key}, camel);
}

static enum substrate_status by_name(struct rpc_param_reader *reader, struct base_json params,
                                     struct rpc_request *request) {
    size_t count = param_count(request->method);
    reader->origin = params.raw.data;
    for (size_t i = 0; i < count; i++) {
        const struct rpc_param *param = &request->method->params[i];
        struct base_json_walk walk;
        struct substrate_text key;
        struct base_json value, found = {BASE_JSON_NONE, {NULL, 0}};
        base_json_walk_init(&walk, params);
        while (base_json_walk_next(&walk, &key, &value)) {
            if (is_named(key, param->name)) {
                found = value;
            }
        }
        if (found.kind == BASE_JSON_NONE && !param->optional) {
            char message[64] = "missing field `";
            strncat(message, param->name, 40);
            strncat(message, "`", 2);
            return rpc_param_refuse(reader, params.raw.data + params.raw.size, base_text(message));
        }
        enum substrate_status status = take_param(reader, i, count, &found, request);
        if (status != SUBSTRATE_OK) {
            return status;
        }
    }
    return SUBSTRATE_OK;
}

/* jsonrpsee takes any JSON for parameters until a method asks for the first. */
static enum substrate_status neither(struct rpc_param_reader *reader, struct base_json params) {
    struct base_buf text = BASE_BUF_INIT;
    base_buf_str(&text, "Invalid params. Expected one of '[', ']' or ',' but found ");
    base_json_write_string(&text, params.raw);
    enum substrate_status status = SUBSTRATE_E_MEMORY;
    if (!text.failed) {
        status = rpc_param_refuse(reader, NULL, base_buf_view(&text));
    }
    base_buf_free(&text);
    return status;
}

/* The PARAMS of the canonical text: what was left out at the end is dropped, before that it is
 * null. */
static enum substrate_status write_params(struct rpc_request *request, struct base_arena *arena) {
    size_t used = 0, size = 2;
    for (size_t i = 0; i < request->param_count; i++) {
        used = request->params[i].data != NULL ? i + 1 : used;
        size += request->params[i].data != NULL ? request->params[i].size + 1 : 5;
    }
    char *out = base_arena_alloc(arena, size);
    if (out == NULL) {
        return SUBSTRATE_E_MEMORY;
    }
    size_t at = 0;
    out[at++] = '[';
    for (size_t i = 0; i < used; i++) {
        struct substrate_text text = request->params[i];
        if (text.data == NULL) {
            text = BASE_TEXT("null");
        }
        if (i > 0) {
            out[at++] = ',';
        }
        memcpy(out + at, text.data, text.size);
        at += text.size;
    }
    out[at++] = ']';
    request->params_text = (struct substrate_text){out, at};
    return SUBSTRATE_OK;
}

/* A method that is not in the table: nothing is known of its parameters, so they stay as they are.
 */
static enum substrate_status parse_unknown(struct base_json params, struct base_arena *arena,
                                           struct rpc_request *request) {
    if (params.kind == BASE_JSON_NONE) {
        request->params_text = BASE_TEXT("[]");
        return SUBSTRATE_OK;
    }
    struct substrate_text ignored;
    struct rpc_param_reader reader = {arena, params.raw.data, &ignored};
    return rpc_param_read(&reader, RPC_JSON, params, &request->params_text);
}

enum substrate_status rpc_request_parse(const struct rpc_method *method, struct substrate_text name,
                                        struct base_json params, struct base_arena *arena,
                                        struct rpc_request *request, struct substrate_text *data) {
    struct rpc_param_reader reader = {arena, NULL, data};
    *request = (struct rpc_request){.method = method, .name = name};
    if (method == NULL) {
        return parse_unknown(params, arena, request);
    }
    request->name = base_text(method->name);
    enum substrate_status status;
    bool any = params.kind == BASE_JSON_NONE || params.kind == BASE_JSON_NULL ||
               params.kind == BASE_JSON_ARRAY || method->params[0].type == RPC_END;
    if (params.kind == BASE_JSON_OBJECT) {
        status = by_name(&reader, params, request);
    } else if (any) {
        status = by_position(&reader, params, request);
    } else {
        status = neither(&reader, params);
    }
    return status == SUBSTRATE_OK ? write_params(request, arena) : status;
}

struct rpc_canonical rpc_request_parts(const struct rpc_request *request,
                                       const struct substrate_hash *at) {
    bool pinned = request->method != NULL && request->method->has_at;
    return (struct rpc_canonical){request->name, request->params_text, pinned ? at : NULL};
}

void rpc_canonical_write(const struct rpc_canonical *parts, struct base_buf *out) {
    base_buf_text(out, parts->name);
    if (parts->params.data != NULL) {
        base_buf_char(out, ' ');
        base_buf_text(out, parts->params);
    }
    if (parts->at != NULL) {
        char hash[67];
        substrate_hash_format(parts->at, hash);
        base_buf_str(out, " @");
        base_buf_str(out, hash);
    }
}

void rpc_request_write(const struct rpc_request *request, const struct substrate_hash *at,
                       struct base_buf *out) {
    struct rpc_canonical parts = rpc_request_parts(request, at);
    rpc_canonical_write(&parts, out);
}
