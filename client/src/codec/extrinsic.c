/* The envelope of an extrinsic; its parts are values of types that the metadata names. */
#include "extrinsic.h"

#include <string.h>
#include <substrate/hash.h>
#include "base/compact.h"
#include "base/json.h"
#include "base/text.h"

#define VERSION_MASK 0x3f
#define KIND_MASK 0xc0
#define KIND_BARE 0x00
#define KIND_GENERAL 0x40
#define KIND_SIGNED 0x80

/* What reading one or writing one needs at each of its parts. */
struct parts {
    const struct substrate_metadata *metadata;
    const struct value_limits *limits;
    struct substrate_error *error;
    struct scale_reader reader; /* reading: from here */
    struct base_buf *out;       /* to here */
};

/* "extrinsic: call: …" */
static enum substrate_status fail_part(const struct parts *parts, struct substrate_text name,
                                       enum substrate_status status,
                                       const struct substrate_error *inner) {
    base_fail(parts->error, status, "extrinsic: %.*s: %s", (int)name.size, name.data,
              inner->message);
    if (parts->error != NULL) {
        parts->error->position = inner->position;
    }
    return status;
}

static enum substrate_status fail_at(const struct parts *parts, const char *what, uint64_t number) {
    base_fail(parts->error, SUBSTRATE_E_DECODE, "extrinsic: %s (%llu) at byte %zu", what,
              (unsigned long long)number, parts->reader.at);
    if (parts->error != NULL) {
        parts->error->position = parts->reader.at;
    }
    return SUBSTRATE_E_DECODE;
}

/* Is there a kind of this version? */
static bool is_known(unsigned version, unsigned kind) {
    return (version == 4 && (kind == KIND_BARE || kind == KIND_SIGNED)) ||
           (version == 5 && (kind == KIND_BARE || kind == KIND_GENERAL));
}

/* --- reading --- */

/* Appends `,"name":value`, or nothing for an extension that takes no bytes. */
static enum substrate_status read_part(struct parts *parts, struct substrate_text name,
                                       uint32_t type) {
    struct substrate_error inner = {0};
    base_json_write_string(parts->out, name);
    base_buf_char(parts->out, ':');
    enum substrate_status status =
        value_read(parts->metadata, type, &parts->reader, parts->limits, parts->out, &inner);
    return status == SUBSTRATE_OK ? status : fail_part(parts, name, status, &inner);
}

static enum substrate_status read_extensions(struct parts *parts) {
    const struct substrate_metadata *metadata = parts->metadata;
    bool any = false;
    base_buf_str(parts->out, "\"extensions\":{");
    for (uint32_t i = 0; i < metadata->extension_count; i++) {
        size_t before = parts->out->size;
        size_t at = parts->reader.at;
        base_buf_str(parts->out, any ? "," : "");
        enum substrate_status status =
            read_part(parts, metadata->extensions[i].identifier, metadata->extensions[i].type);
        if (status != SUBSTRATE_OK) {
            return status;
        }
        if (parts->reader.at == at) {
            parts->out->size = before;
        } else {
            any = true;
        }
    }
    base_buf_str(parts->out, "},");
    return SUBSTRATE_OK;
}

/* The length that stands first, then version and kind in one byte. */
static enum substrate_status read_head(struct parts *parts, unsigned *version, unsigned *kind) {
    uint64_t length;
    if (!scale_compact(&parts->reader, &length)) {
        return fail_at(parts, "no compact length; bytes", parts->reader.size);
    }
    if (length != scale_left(&parts->reader)) {
        return fail_at(parts, "not as many bytes follow as its length says", length);
    }
    const uint8_t *byte = scale_take(&parts->reader, 1);
    if (byte == NULL) {
        return fail_at(parts, "no version; bytes", length);
    }
    *version = *byte & VERSION_MASK;
    *kind = *byte & KIND_MASK;
    if (!is_known(*version, *kind)) {
        parts->reader.at--;
        return fail_at(parts, "no format is known of version and kind", *byte);
    }
    return SUBSTRATE_OK;
}

static enum substrate_status read_signature(struct parts *parts) {
    enum substrate_status status = read_part(parts, BASE_TEXT("address"), parts->metadata->address);
    base_buf_char(parts->out, ',');
    if (status == SUBSTRATE_OK) {
        status = read_part(parts, BASE_TEXT("signature"), parts->metadata->signature);
        base_buf_char(parts->out, ',');
    }
    return status;
}

static enum substrate_status read_extension_version(struct parts *parts) {
    const uint8_t *byte = scale_take(&parts->reader, 1);
    if (byte == NULL || *byte != 0) {
        return fail_at(parts, "no version of the extensions that is known",
                       byte == NULL ? 0 : *byte);
    }
    base_buf_str(parts->out, "\"extensionVersion\":0,");
    return SUBSTRATE_OK;
}

static enum substrate_status read_body(struct parts *parts, unsigned kind) {
    enum substrate_status status = SUBSTRATE_OK;
    if (kind == KIND_SIGNED) {
        status = read_signature(parts);
    } else if (kind == KIND_GENERAL) {
        status = read_extension_version(parts);
    }
    if (status == SUBSTRATE_OK && kind != KIND_BARE) {
        status = read_extensions(parts);
    }
    if (status == SUBSTRATE_OK) {
        status = read_part(parts, BASE_TEXT("call"), parts->metadata->outer_call);
    }
    if (status == SUBSTRATE_OK && scale_left(&parts->reader) > 0) {
        status = fail_at(parts, "bytes are left over", scale_left(&parts->reader));
    }
    return status;
}

enum substrate_status extrinsic_read(const struct substrate_metadata *metadata,
                                     struct substrate_bytes extrinsic,
                                     const struct value_limits *limits, struct base_buf *json,
                                     struct substrate_error *error) {
    struct parts parts = {metadata, limits, error, scale_reader(extrinsic), json};
    unsigned version = 0;
    unsigned kind = 0;
    enum substrate_status status = read_head(&parts, &version, &kind);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    size_t start = json->size;
    uint8_t hash[32];
    substrate_blake2_256(extrinsic, hash);
    base_buf_str(json, "{\"hash\":");
    base_json_write_hex(json, (struct substrate_bytes){hash, sizeof hash});
    base_buf_str(json, ",\"version\":");
    base_buf_u64(json, version);
    base_buf_str(json, kind == KIND_SIGNED ? ",\"signed\":true," : ",\"signed\":false,");
    status = read_body(&parts, kind);
    base_buf_char(json, '}');
    if (status == SUBSTRATE_OK && json->failed) {
        status = base_fail(error, SUBSTRATE_E_MEMORY, "no memory for an extrinsic");
    }
    if (status != SUBSTRATE_OK) {
        json->size = start;
    }
    return status;
}

/* --- writing --- */

static enum substrate_status wrong_json(const struct parts *parts, const char *what) {
    return base_fail(parts->error, SUBSTRATE_E_DECODE, "the JSON of an extrinsic %s", what);
}

static enum substrate_status write_part(struct parts *parts, struct substrate_text name,
                                        uint32_t type, struct base_json value) {
    struct substrate_error inner = {0};
    enum substrate_status status =
        value_write(parts->metadata, type, value, parts->limits, parts->out, &inner);
    return status == SUBSTRATE_OK ? status : fail_part(parts, name, status, &inner);
}

/* How many members are of this name, and the last of them. */
static size_t find_extension(struct base_json extensions, struct substrate_text name,
                             struct base_json *value) {
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json member;
    size_t count = 0;
    base_json_walk_init(&walk, extensions);
    while (base_json_walk_next(&walk, &key, &member)) {
        if (base_json_says(key, name)) {
            *value = member;
            count++;
        }
    }
    return count;
}

/* One that is left out takes no bytes: nothing reads as it. */
static enum substrate_status write_extension(struct parts *parts,
                                             const struct metadata_extension *extension,
                                             struct base_json extensions, size_t *used) {
    struct base_json value;
    size_t count = find_extension(extensions, extension->identifier, &value);
    *used += count;
    if (count == 1) {
        return write_part(parts, extension->identifier, extension->type, value);
    }
    struct scale_reader nothing = scale_reader((struct substrate_bytes){(const uint8_t *)"", 0});
    if (count == 0 && value_skip(parts->metadata, extension->type, &nothing, parts->limits, NULL) ==
                          SUBSTRATE_OK) {
        return SUBSTRATE_OK;
    }
    return base_fail(parts->error, SUBSTRATE_E_DECODE,
                     "the JSON of an extrinsic has extension %.*s %zu times, not once",
                     (int)extension->identifier.size, extension->identifier.data, count);
}

static enum substrate_status write_extensions(struct parts *parts, struct base_json extensions) {
    enum substrate_status status = SUBSTRATE_OK;
    size_t used = 0;
    if (extensions.kind != BASE_JSON_OBJECT) {
        return wrong_json(parts, "has `extensions` that are no object");
    }
    for (uint32_t i = 0; status == SUBSTRATE_OK && i < parts->metadata->extension_count; i++) {
        status = write_extension(parts, &parts->metadata->extensions[i], extensions, &used);
    }
    if (status == SUBSTRATE_OK && used != base_json_length(extensions)) {
        status = wrong_json(parts, "has an extension that the runtime does not have");
    }
    return status;
}

/* The members of the JSON. */
struct members {
    struct base_json hash, version, is_signed, address, signature, extension_version, extensions,
        call;
};

static enum substrate_status read_members(const struct parts *parts, struct base_json json,
                                          struct members *members) {
    const struct {
        const char *name;
        struct base_json *value;
    } names[] = {
        {"hash", &members->hash},
        {"version", &members->version},
        {"signed", &members->is_signed},
        {"address", &members->address},
        {"signature", &members->signature},
        {"extensionVersion", &members->extension_version},
        {"extensions", &members->extensions},
        {"call", &members->call},
    };
    size_t known = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t count = 0;
        *names[i].value = base_json_member_count(json, names[i].name, &count);
        known += count > 0;
    }
    if (json.kind != BASE_JSON_OBJECT || known != base_json_length(json)) {
        return wrong_json(parts, "is no object, or has a member twice or one that is not known");
    }
    return SUBSTRATE_OK;
}

/* Version and kind, by what members are there. */
static enum substrate_status choose_kind(const struct parts *parts, const struct members *members,
                                         unsigned *version, unsigned *kind) {
    uint64_t number;
    uint64_t extension_version = 0;
    bool is_signed = members->is_signed.kind == BASE_JSON_TRUE;
    bool extended = members->extensions.kind != BASE_JSON_NONE;
    bool general = members->extension_version.kind != BASE_JSON_NONE;
    if (!base_json_u64(members->version, &number) || number > VERSION_MASK ||
        members->call.kind == BASE_JSON_NONE ||
        (!is_signed && members->is_signed.kind != BASE_JSON_FALSE)) {
        return wrong_json(parts, "wants `version`, `signed` and `call`");
    }
    *version = (unsigned)number;
    *kind = is_signed ? KIND_SIGNED : extended ? KIND_GENERAL : KIND_BARE;
    bool has_signer = members->address.kind != BASE_JSON_NONE;
    bool has_signature = members->signature.kind != BASE_JSON_NONE;
    if (!is_known(*version, *kind) || has_signer != is_signed || has_signature != is_signed ||
        general != (*kind == KIND_GENERAL) || (is_signed && !extended)) {
        return wrong_json(parts, "has members that do not go together");
    }
    if (general && (!base_json_u64(members->extension_version, &extension_version) ||
                    extension_version != 0)) {
        return wrong_json(parts, "has an `extensionVersion` that is not 0");
    }
    return SUBSTRATE_OK;
}

static enum substrate_status write_body(struct parts *parts, const struct members *members) {
    const struct substrate_metadata *metadata = parts->metadata;
    unsigned version = 0;
    unsigned kind = 0;
    enum substrate_status status = choose_kind(parts, members, &version, &kind);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    base_buf_char(parts->out, (char)(version | kind));
    if (kind == KIND_SIGNED) {
        status = write_part(parts, BASE_TEXT("address"), metadata->address, members->address);
        if (status == SUBSTRATE_OK) {
            status =
                write_part(parts, BASE_TEXT("signature"), metadata->signature, members->signature);
        }
    } else if (kind == KIND_GENERAL) {
        base_buf_char(parts->out, 0);
    }
    if (status == SUBSTRATE_OK && kind != KIND_BARE) {
        status = write_extensions(parts, members->extensions);
    }
    return status == SUBSTRATE_OK
               ? write_part(parts, BASE_TEXT("call"), metadata->outer_call, members->call)
               : status;
}

/* Puts the compact length of what was appended since `start` before it. */
static void prefix_length(struct base_buf *bytes, size_t start) {
    size_t body = bytes->size - start;
    base_compact_write(bytes, body);
    if (bytes->failed) {
        return;
    }
    char prefix[9];
    size_t size = bytes->size - start - body;
    memcpy(prefix, bytes->data + start + body, size);
    memmove(bytes->data + start + size, bytes->data + start, body);
    memcpy(bytes->data + start, prefix, size);
}

enum substrate_status extrinsic_write(const struct substrate_metadata *metadata,
                                      struct base_json json, const struct value_limits *limits,
                                      struct base_buf *bytes, struct substrate_error *error) {
    struct parts parts = {metadata, limits, error, {NULL, 0, 0}, bytes};
    struct members members;
    size_t start = bytes->size;
    enum substrate_status status = read_members(&parts, json, &members);
    if (status == SUBSTRATE_OK) {
        status = write_body(&parts, &members);
    }
    if (status == SUBSTRATE_OK) {
        prefix_length(bytes, start);
        if (bytes->failed) {
            status = base_fail(error, SUBSTRATE_E_MEMORY, "no memory for an extrinsic");
        }
    }
    if (status != SUBSTRATE_OK) {
        bytes->size = start;
    }
    return status;
}
