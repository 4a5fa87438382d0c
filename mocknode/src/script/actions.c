/* THE table of actions, and the members of each. */
#include <string.h>
#include "script/args.h"

#define AT(type_name, field) offsetof(struct type_name, field)
#define END \
    { 0 }

const char *const script_stage_names[SCRIPT_STAGES] = {
    "handshake", "content",      "content", "envelope", "envelope", "emission",
    "frame",     "notification", "socket",  "stream",   "chain",    "space",
};

/* ---- members ---- */

#define LASTING(type_name, what)                                                   \
    {"until", &script_type_until, AT(type_name, lasting.until), .help = (what)}, { \
        "limit", &script_type_limit, AT(type_name, lasting.limit_us),              \
            .with = "until", .preset = SCRIPT_LIMIT_US,                            \
            .help = "ends it if nothing did before; 5s unless said"                \
    }

static const struct script_member refuse_members[] = {
    {"status", &script_type_number, AT(script_refuse, status), .required = true, .least = 200,
     .most = 599, .help = "of HTTP"},
    {"headers", &script_type_headers, AT(script_refuse, headers), .help = "of the answer"},
    {"body", &script_type_text, AT(script_refuse, body), .help = "of the answer"},
    END};

static const struct script_member redirect_members[] = {
    {"to", &script_type_text, AT(script_redirect, to), .required = true, .least = 1,
     .help = "the URL"},
    {"status", &script_type_number, AT(script_redirect, status), .least = 301, .most = 308,
     .preset = 302, .help = "of HTTP; 302 unless said"},
    END};

static const struct script_member bad_handshake_members[] = {
    {"accept", &script_type_text, AT(script_bad_handshake, accept),
     .help = "in place of the right Sec-WebSocket-Accept"},
    {"no_upgrade", &script_type_flag, AT(script_bad_handshake, no_upgrade),
     .help = "no header Upgrade"},
    {"status", &script_type_number, AT(script_bad_handshake, status), .least = 100, .most = 599,
     .help = "in place of 101"},
    END};

static const struct script_member error_members[] = {
    {"code", &script_type_json, AT(script_error, code), .required = true, .help = "of the error"},
    {"message", &script_type_text, AT(script_error, message), .help = "filled in"},
    {"data", &script_type_json, AT(script_error, data), .help = "filled in"},
    END};

static const struct script_member result_members[] = {
    {"result", &script_type_json, AT(script_value, text), .required = true, .help = "filled in"},
    END};

static const char *const rate_by[] = {"connection", "address", NULL};
static const char *const rate_as[] = {"node",    "gateway",        "gateway-policy",
                                      "storage", "storage-policy", NULL};
static const struct script_member rate_limit_members[] = {
    {"n", &script_type_number, AT(script_rate_limit, n), .required = true, .least = 1,
     .help = "so many calls pass"},
    {"each", &script_type_time, AT(script_rate_limit, each_us), .required = true, .least = 1,
     .help = "in so long"},
    {"by", &script_type_choice, AT(script_rate_limit, by), .choices = rate_by,
     .help = "whose calls are counted together; the connection's, unless said"},
    {"as", &script_type_choices, AT(script_rate_limit, as), .choices = rate_as,
     .help =
         "whose error: -32999 of the node, unless said; -32005 of a gateway, or -32004 of one that "
         "limits storage, without or with policy data; of several one is drawn"},
    END};

static const struct script_member bytes_members[] = {
    {"cut", &script_type_number, AT(script_bytes, cut), .help = "so many bytes off the end"},
    {"trail", &script_type_number, AT(script_bytes, trail), .most = 1 << 20,
     .help = "so many zero bytes behind it"},
    {"flip", &script_type_number, AT(script_bytes, flip), .preset = SCRIPT_NO_BYTE,
     .help = "the highest bit of that byte, from 0"},
    END};

static const char *const hex_words[] = {"upper", "bare", "odd", NULL};
static const struct script_member hex_members[] = {
    {"how", &script_type_choices, AT(script_word, choice), .choices = hex_words, .required = true,
     .help = "upper case, without 0x, an odd number of digits"},
    END};

static const struct script_member fill_members[] = {
    {"result", &script_type_number, AT(script_fill, result), .least = 2, .most = 1 << 26,
     .help = "size of the result, a text, in bytes"},
    {"message", &script_type_number, AT(script_fill, message), .least = 64, .most = 1 << 26,
     .help = "size of the whole payload"},
    END};

static const struct script_member changes_members[] = {
    {"permute", &script_type_order, AT(script_changes, permute), .help = "their order"},
    {"repeat", &script_type_number, AT(script_changes, repeat), .least = 1,
     .help = "that one stands twice, from 1"},
    {"omit", &script_type_number, AT(script_changes, omit), .least = 1,
     .help = "that one is left out, from 1"},
    END};

static const struct script_member page_members[] = {
    {"short", &script_type_number, AT(script_count, n), .least = 1, .required = true,
     .help = "so many keys are left out at the end"},
    END};

static const char *const id_words[] = {"null",       "absent", "swapped", "float",
                                       "of_another", "unused", NULL};
static const struct script_member id_members[] = {
    {"how", &script_type_choice, AT(script_word, choice), .choices = id_words, .required = true,
     .help = "what stands in its place"},
    END};

static const char *const member_words[] = {"extra", "reversed", "escaped", "no_jsonrpc", NULL};
static const struct script_member members_members[] = {
    {"how", &script_type_choices, AT(script_word, choice), .choices = member_words,
     .required = true, .help = "of the envelope"},
    END};

static const struct script_member batch_members[] = {
    {"permute", &script_type_order, AT(script_batch_args, permute), .help = "order of the entries"},
    {"omit", &script_type_number, AT(script_batch_args, omit), .least = 1,
     .help = "that entry is left out, from 1"},
    {"repeat", &script_type_number, AT(script_batch_args, repeat), .least = 1,
     .help = "that entry stands twice, from 1"},
    {"stranger", &script_type_flag, AT(script_batch_args, stranger),
     .help = "one more reply, to an id that nobody used"},
    {"object", &script_type_json, AT(script_batch_args, object),
     .help = "one error in place of the array"},
    {"refuse", &script_type_flag, AT(script_batch_args, refuse),
     .help = "as a node that takes no batches"},
    END};

static const struct script_member delay_members[] = {{"latency", &script_type_latency,
                                                      AT(script_delay, latency), .required = true,
                                                      .help = "drawn by key"},
                                                     END};

static const struct script_member hold_members[] = {
    {"gate", &script_type_gate, AT(script_hold, gate), .help = "which has its own limit"},
    LASTING(script_hold, "or until then"),
    END};

static const struct script_member repeat_members[] = {
    {"n", &script_type_number, AT(script_count, n), .least = 1, .most = 10000, .required = true,
     .help = "so many further copies"},
    END};

static const struct script_member early_members[] = {
    {"n", &script_type_number, AT(script_early, n), .least = 1, .preset = 1,
     .help = "so many notifications; 1 unless said"},
    {"limit", &script_type_limit, AT(script_early, hold.lasting.limit_us),
     .preset = SCRIPT_LIMIT_US, .help = "then the reply leaves anyhow; 5s unless said"},
    END};

static const struct script_member lasting_members[] = {
    LASTING(script_cork, "until then; it lasts, unless said"), END};

static const struct script_member send_members[] = {
    {"text", &script_type_text, AT(script_send, text), .help = "junk, or nothing; filled in"},
    {"value", &script_type_json, AT(script_send, value), .help = "filled in"},
    {"json", &script_type_text, AT(script_send, json), .help = "the very text of JSON, filled in"},
    {"binary", &script_type_bytes, AT(script_send, binary), .help = "a binary message"},
    END};

static const struct script_member fragments_members[] = {
    {"at", &script_type_places, AT(script_fragments, at), .help = "cut there"},
    {"each_byte", &script_type_flag, AT(script_fragments, each_byte), .help = "a fragment a byte"},
    {"n", &script_type_number, AT(script_fragments, n), .least = 1, .most = 1 << 20,
     .help = "so many fragments"},
    {"pings", &script_type_number, AT(script_fragments, pings), .most = 1000,
     .help = "so many pings between two fragments; no event but their pongs"},
    END};

static const struct script_member dribble_members[] = {{"n", &script_type_number,
                                                        AT(script_count, n), .least = 1,
                                                        .required = true, .help = "bytes a write"},
                                                       END};

static const struct script_member pause_members[] = {
    {"at", &script_type_place, AT(script_pause, at), .required = true,
     .help = "nothing from there"},
    LASTING(script_pause, "until then; for ever, unless said"),
    END};

static const struct script_member rsv_members[] = {
    {"bits", &script_type_number, AT(script_count, n), .least = 1, .most = 7, .preset = 4,
     .help = "4 is RSV1, 2 RSV2, 1 RSV3; 4 unless said"},
    END};

static const struct script_member opcode_members[] = {
    {"opcode", &script_type_number, AT(script_count, n), .least = 3, .most = 15, .preset = 3,
     .help = "3 to 7 or 11 to 15; 3 unless said"},
    END};

static const struct script_member close_members[] = {
    {"code", &script_type_number, AT(script_close, code), .least = 1000, .most = 4999,
     .preset = 1000, .help = "of the close frame; 1000 unless said"},
    {"reason", &script_type_text, AT(script_close, reason), .most = 123, .help = "of the frame"},
    END};

static const struct script_member after_close_members[] = {
    {"code", &script_type_number, AT(script_close, code), .least = 1000, .most = 4999,
     .preset = 1000, .help = "of the close frame before it; 1000 unless said"},
    END};

static const char *const sever_words[] = {"reset", "end", NULL};
static const struct script_member sever_members[] = {
    {"at", &script_type_place, AT(script_sever, at), .required = true,
     .help = "nothing from there"},
    {"with", &script_type_choice, AT(script_sever, with), .choices = sever_words,
     .help = "reset, unless said"},
    END};

static const struct script_member ping_members[] = {
    {"n", &script_type_number, AT(script_ping, n), .least = 1, .most = 100000, .preset = 1,
     .help = "so many; 1 unless said"},
    {"payload", &script_type_text, AT(script_ping, payload), .most = 125, .help = "of each"},
    {"sizes", &script_type_range, AT(script_ping, sizes), .most = 125,
     .help = "payloads of a to b bytes in turn"},
    END};

static const struct script_member flood_members[] = {{"n", &script_type_number, AT(script_count, n),
                                                      .least = 1, .most = 1000000, .required = true,
                                                      .help = "so many more notifications"},
                                                     END};

static const struct script_member stream_id_members[] = {
    {"id", &script_type_json, AT(script_value, text), .required = true, .help = "number or text"},
    END};

static const struct script_member notify_members[] = {
    {"value", &script_type_json, AT(script_notify, value), .required = true, .help = "filled in"},
    {"stream", &script_type_stream, AT(script_notify, stream),
     .help = "the kind; the event's own, unless said"},
    END};

static const struct script_member advance_members[] = {
    {"n", &script_type_number, AT(script_count, n), .least = 1, .most = 1000000, .preset = 1,
     .help = "so many blocks; 1 unless said"},
    END};

static const struct script_member block_member[] = {
    {"block", &script_type_block, AT(script_block_args, block), .required = true, .help = "which"},
    END};

static const struct script_member restart_members[] = {{"head", &script_type_block,
                                                        AT(script_block_args, block),
                                                        .help = "of then; it stays, unless "
                                                                "said"},
                                                       END};

static const struct script_member tick_members[] = {
    {"every", &script_type_time, AT(script_tick, every_us), .least = 1, .required = true,
     .help = "a block each"},
    LASTING(script_tick, "until then; it lasts, unless said"),
    END};

static const char *const calls_words[] = {"carry", "carry-stale", NULL};
static const struct script_member made_members[] = {
    {"name", &script_type_text, AT(script_made_args, name), .least = 1, .help = "for `@name`"},
    {"parent", &script_type_block, AT(script_made_args, parent), .help = "the head, unless said"},
    {"storage", &script_type_edits, AT(script_made_args, storage), .help = "what it changes"},
    {"extrinsics", &script_type_hexes, AT(script_made_args, extrinsics), .help = "of its body"},
    {"calls", &script_type_choice, AT(script_made_args, calls), .choices = calls_words,
     .help = "runtime calls are the nearest recorded ancestor's"},
    END};

static const struct script_member fork_members[] = {
    {"depth", &script_type_number, AT(script_fork, depth), .least = 1, .most = 1000000,
     .required = true, .help = "d + 1 empty blocks on the head's d-th ancestor"},
    {"name", &script_type_text, AT(script_fork, name), .least = 1,
     .help = "of the last, for `@name`"},
    END};

static const struct script_member finality_members[] = {
    {"lag", &script_type_number, AT(script_finality, lag), .preset = UINT64_MAX,
     .help = "so many blocks behind the head; where it is, unless said"},
    LASTING(script_finality, "until then; it lasts, unless said"),
    END};

static const struct script_member upgrade_members[] = {{"runtime", &script_type_number,
                                                        AT(script_count, n), .required = true,
                                                        .help = "its spec version"},
                                                       END};

static const struct script_member prune_members[] = {
    {"below", &script_type_block, AT(script_prune, below), .help = "state below that block"},
    {"keep", &script_type_number, AT(script_prune, keep), .least = 1,
     .help = "all but the state of the last n blocks"},
    END};

static const struct script_member give_members[] = {{"name", &script_type_text,
                                                     AT(script_give, name), .least = 1, .most = 200,
                                                     .required = true, .help = "of the signal"},
                                                    END};

static const struct script_member limits_members[] = {
    {"connections", &script_type_number, AT(script_limits, connections), .preset = UINT64_MAX,
     .help = "open at a time"},
    {"subscriptions", &script_type_number, AT(script_limits, subscriptions), .preset = UINT64_MAX,
     .help = "of a connection"},
    {"request", &script_type_number, AT(script_limits, request), .least = 1, .preset = UINT64_MAX,
     .help = "bytes; control calls are free of it"},
    {"reply", &script_type_number, AT(script_limits, reply), .least = 1, .preset = UINT64_MAX,
     .help = "bytes"},
    END};

/* ---- what no table says ---- */

static enum substrate_status check_hold(const struct document_value *value, const void *args) {
    const struct script_hold *hold = args;
    if ((hold->gate > 0) == (hold->lasting.until.kind != SCRIPT_UNTIL_NONE)) {
        return document_refuse(value, "needs \"gate\" or \"until\", and not both");
    }
    return SUBSTRATE_OK;
}

static enum substrate_status check_fill(const struct document_value *value, const void *args) {
    const struct script_fill *fill = args;
    return (fill->result > 0) != (fill->message > 0)
               ? SUBSTRATE_OK
               : document_refuse(value, "needs \"result\" or \"message\", and not both");
}

static enum substrate_status check_bytes(const struct document_value *value, const void *args) {
    const struct script_bytes *bytes = args;
    return bytes->cut > 0 || bytes->trail > 0 || bytes->flip != SCRIPT_NO_BYTE
               ? SUBSTRATE_OK
               : document_refuse(value, "needs \"cut\", \"trail\" or \"flip\"");
}

static enum substrate_status check_changes(const struct document_value *value, const void *args) {
    const struct script_changes *changes = args;
    return changes->permute.order != SCRIPT_ORDER_NONE || changes->repeat > 0 || changes->omit > 0
               ? SUBSTRATE_OK
               : document_refuse(value, "needs \"permute\", \"repeat\" or \"omit\"");
}

static enum substrate_status check_batch(const struct document_value *value, const void *args) {
    const struct script_batch_args *batch = args;
    bool parts = batch->permute.order != SCRIPT_ORDER_NONE || batch->omit > 0 ||
                 batch->repeat > 0 || batch->stranger;
    size_t ways = (size_t)parts + (batch->object.data != NULL) + batch->refuse;
    return ways == 1 ? SUBSTRATE_OK
                     : document_refuse(value, "needs changes of the array, or \"object\", or "
                                              "\"refuse\", and not two of them");
}

static enum substrate_status check_send(const struct document_value *value, const void *args) {
    const struct script_send *send = args;
    int ways = (send->text.data != NULL) + (send->value.data != NULL) + (send->json.data != NULL) +
               (send->binary.data != NULL);
    return ways == 1
               ? SUBSTRATE_OK
               : document_refuse(value, "needs one of \"text\", \"value\", \"json\", \"binary\"");
}

static enum substrate_status check_fragments(const struct document_value *value, const void *args) {
    const struct script_fragments *fragments = args;
    int ways = (fragments->at.count > 0) + fragments->each_byte + (fragments->n > 0);
    return ways == 1 ? SUBSTRATE_OK
                     : document_refuse(value, "needs one of \"at\", \"each_byte\" and \"n\"");
}

static enum substrate_status check_opcode(const struct document_value *value, const void *args) {
    uint64_t opcode = ((const struct script_count *)args)->n;
    return opcode < 8 || opcode > 10
               ? SUBSTRATE_OK
               : document_refuse(value, "must be a reserved one: 3 to 7 or 11 to 15");
}

static enum substrate_status check_bad_handshake(const struct document_value *value,
                                                 const void *args) {
    const struct script_bad_handshake *bad = args;
    return bad->accept.data != NULL || bad->no_upgrade || bad->status > 0
               ? SUBSTRATE_OK
               : document_refuse(value, "needs \"accept\", \"no_upgrade\" or \"status\"");
}

static enum substrate_status check_ping(const struct document_value *value, const void *args) {
    const struct script_ping *ping = args;
    return ping->payload.data == NULL || ping->sizes.last == 0
               ? SUBSTRATE_OK
               : document_refuse(value, "has \"payload\" and \"sizes\"");
}

static enum substrate_status check_prune(const struct document_value *value, const void *args) {
    const struct script_prune *prune = args;
    return (prune->below.data != NULL) != (prune->keep > 0)
               ? SUBSTRATE_OK
               : document_refuse(value, "needs \"below\" or \"keep\", and not both");
}

static enum substrate_status check_stream_id(const struct document_value *value, const void *args) {
    const struct script_value *id = args;
    char first = id->text.data[0];
    return first == '"' || (first >= '0' && first <= '9')
               ? SUBSTRATE_OK
               : document_refuse(value, "must be a number or a text");
}

static enum substrate_status check_limits(const struct document_value *value, const void *args) {
    const struct script_limits *limits = args;
    return limits->connections != UINT64_MAX || limits->subscriptions != UINT64_MAX ||
                   limits->request != UINT64_MAX || limits->reply != UINT64_MAX
               ? SUBSTRATE_OK
               : document_refuse(value, "names no limit");
}

/* ---- the table ---- */

#define ON(kind) SCRIPT_BIT(SCRIPT_##kind)
#define STREAMS (ON(SUBSCRIBED) | ON(NOTIFIED) | ON(UNSUBSCRIBED))
#define SIZE(type_name) .args_size = sizeof(struct type_name)

#define HANDSHAKE \
    .stage = SCRIPT_STAGE_HANDSHAKE, .events = ON(CONNECTING), .groups = SCRIPT_GROUP_HANDSHAKE
#define CONTENT                                                          \
    .stage = SCRIPT_STAGE_CONTENT, .events = ON(ARRIVED), .entry = true, \
    .groups = SCRIPT_GROUP_CONTENT
#define CHANGE                                                                 \
    .stage = SCRIPT_STAGE_CONTENT_AFTER, .events = ON(ARRIVED), .entry = true, \
    .groups = SCRIPT_GROUP_CONTENT
#define ENVELOPE .stage = SCRIPT_STAGE_ENVELOPE, .events = ON(ARRIVED), .entry = true
#define MESSAGE .stage = SCRIPT_STAGE_BATCH, .events = ON(ARRIVED)
#define FRAME .stage = SCRIPT_STAGE_FRAME, .events = SCRIPT_ON_TEXT, .websocket = true
#define SOCKET \
    .stage = SCRIPT_STAGE_SOCKET, .events = SCRIPT_ANY, .connection = true, .targets = true
#define STREAM(kinds) .stage = SCRIPT_STAGE_STREAM, .events = (kinds)
#define CHAIN .stage = SCRIPT_STAGE_CHAIN, .events = SCRIPT_ANY

const struct script_action_row script_action_rows[] = {
    {"refuse", HANDSHAKE, SIZE(script_refuse), .members = refuse_members, .brief = "status",
     .apply = script_do_refuse, .help = "the handshake gets that answer of HTTP"},
    {"redirect", HANDSHAKE, SIZE(script_redirect), .members = redirect_members, .brief = "to",
     .apply = script_do_redirect, .help = "the handshake is sent elsewhere"},
    {"stall", HANDSHAKE, .apply = script_do_stall, .help = "the handshake is never answered"},
    {"bad_handshake", HANDSHAKE, SIZE(script_bad_handshake), .members = bad_handshake_members,
     .needs_parts = true, .check = check_bad_handshake, .apply = script_do_bad_handshake,
     .help = "the handshake's answer is wrong"},

    {"error", CONTENT, SIZE(script_error), .members = error_members, .brief = "code",
     .apply = script_do_error, .help = "the answer is that error"},
    {"result", CONTENT, SIZE(script_value), .members = result_members, .brief = "result",
     .whole = true, .apply = script_do_result, .help = "the answer is that result"},
    {"pruned", CONTENT, .apply = script_do_pruned,
     .help = "State already discarded, in the node's words"},
    {"rate_limit", .stage = SCRIPT_STAGE_CONTENT, .events = ON(ARRIVED), .entry = true,
     .groups = SCRIPT_GROUP_CONTENT, SIZE(script_rate_limit), .members = rate_limit_members,
     .apply = script_do_rate_limit, .help = "more calls than n in so long get an error"},
    {"fill", CONTENT, SIZE(script_fill), .members = fill_members, .needs_parts = true,
     .check = check_fill, .apply = script_do_fill, .help = "a result of that size, free of limits"},
    {"bytes", CHANGE, SIZE(script_bytes), .members = bytes_members, .needs_parts = true,
     .check = check_bytes, .apply = script_do_bytes, .help = "changes a result that is hex"},
    {"hex", CHANGE, SIZE(script_word), .members = hex_members, .brief = "how",
     .apply = script_do_hex, .help = "another spelling of a result that is hex"},
    {"changes", CHANGE, SIZE(script_changes), .members = changes_members, .needs_parts = true,
     .check = check_changes, .apply = script_do_changes,
     .help = "of a result that lists changes of storage"},
    {"page", CHANGE, SIZE(script_count), .members = page_members, .brief = "short",
     .apply = script_do_page, .help = "a list lacks its end"},

    {"id", ENVELOPE, .groups = SCRIPT_GROUP_ID, SIZE(script_word), .members = id_members,
     .brief = "how", .apply = script_do_id, .help = "another id in the reply"},
    {"both", ENVELOPE, .groups = SCRIPT_GROUP_OUTCOME, .apply = script_do_both,
     .help = "result and error"},
    {"neither", ENVELOPE, .groups = SCRIPT_GROUP_OUTCOME, .apply = script_do_neither,
     .help = "no result and no error"},
    {"error_null", ENVELOPE, .groups = SCRIPT_GROUP_OUTCOME, .apply = script_do_error_null,
     .help = "the result, and \"error\":null"},
    {"result_null", ENVELOPE, .groups = SCRIPT_GROUP_OUTCOME, .apply = script_do_result_null,
     .help = "\"result\":null, and an error"},
    {"members", ENVELOPE, .groups = SCRIPT_GROUP_MEMBERS, SIZE(script_word),
     .members = members_members, .brief = "how", .apply = script_do_members,
     .help = "one more, in reverse, with escaped names, without \"jsonrpc\""},
    {"blanks", MESSAGE, .groups = SCRIPT_GROUP_BLANKS, .apply = script_do_blanks,
     .help = "white space around the reply"},
    {"array", MESSAGE, .groups = SCRIPT_GROUP_ARRAY, .apply = script_do_array,
     .help = "a single reply stands in an array"},
    {"batch", MESSAGE, .groups = SCRIPT_GROUP_BATCH, SIZE(script_batch_args),
     .members = batch_members, .needs_parts = true, .check = check_batch, .apply = script_do_batch,
     .help = "changes the array of a batch"},

    {"delay", .stage = SCRIPT_STAGE_EMISSION,
     .events = ON(ARRIVED) | ON(CONNECTING) | ON(SUBSCRIBED) | ON(NOTIFIED), SIZE(script_delay),
     .members = delay_members, .brief = "latency", .apply = script_do_delay,
     .help = "it leaves so much later; delays add up"},
    {"hold", .stage = SCRIPT_STAGE_EMISSION,
     .events = ON(ARRIVED) | ON(CONNECTING) | ON(SUBSCRIBED) | ON(NOTIFIED),
     .groups = SCRIPT_GROUP_HOLD, SIZE(script_hold), .members = hold_members, .brief = "gate",
     .needs_parts = true, .check = check_hold, .apply = script_do_hold,
     .help = "it waits at a gate, or until something"},
    {"never", .stage = SCRIPT_STAGE_EMISSION, .events = ON(ARRIVED),
     .groups = SCRIPT_GROUP_HOLD | SCRIPT_GROUP_REPEAT, .apply = script_do_never,
     .help = "the reply does not leave"},
    {"repeat", .stage = SCRIPT_STAGE_EMISSION, .events = ON(ARRIVED) | ON(NOTIFIED),
     .groups = SCRIPT_GROUP_REPEAT, .websocket = true, SIZE(script_count),
     .members = repeat_members, .brief = "n", .apply = script_do_repeat,
     .help = "further copies, directly behind"},
    {"early", .stage = SCRIPT_STAGE_EMISSION, .events = ON(ARRIVED), .groups = SCRIPT_GROUP_HOLD,
     .websocket = true, SIZE(script_early), .members = early_members, .brief = "n",
     .apply = script_do_early,
     .help = "the subscription's reply waits until n notifications were given out"},
    {"cork", SOCKET, .websocket = true, SIZE(script_cork), .members = lasting_members,
     .brief = "until", .apply = script_do_cork,
     .help = "everything to the connection leaves as one write"},
    {"send", SOCKET, .websocket = true, SIZE(script_send), .members = send_members, .brief = "text",
     .needs_parts = true, .check = check_send, .apply = script_do_send,
     .help = "a message that nobody asked for"},

    {"binary", FRAME, .groups = SCRIPT_GROUP_BROKEN, .apply = script_do_binary,
     .help = "a binary frame"},
    {"fragments", FRAME, .groups = SCRIPT_GROUP_FRAGMENTS, SIZE(script_fragments),
     .members = fragments_members, .needs_parts = true, .check = check_fragments,
     .apply = script_do_fragments, .help = "several frames"},
    {"dribble", FRAME, .groups = SCRIPT_GROUP_DRIBBLE, SIZE(script_count),
     .members = dribble_members, .brief = "n", .apply = script_do_dribble,
     .help = "few bytes a write"},
    {"pause", FRAME, .groups = SCRIPT_GROUP_PAUSE, SIZE(script_pause), .members = pause_members,
     .apply = script_do_pause, .help = "the text stops in its middle"},
    {"rsv", FRAME, .groups = SCRIPT_GROUP_BROKEN, SIZE(script_count), .members = rsv_members,
     .brief = "bits", .apply = script_do_rsv, .help = "reserved bits are set"},
    {"opcode", FRAME, .groups = SCRIPT_GROUP_BROKEN, SIZE(script_count), .members = opcode_members,
     .brief = "opcode", .check = check_opcode, .apply = script_do_opcode,
     .help = "a reserved opcode"},
    {"mask", FRAME, .groups = SCRIPT_GROUP_BROKEN, .apply = script_do_mask,
     .help = "masked, as only a client's frames are"},
    {"utf8", FRAME, .groups = SCRIPT_GROUP_BROKEN, .apply = script_do_utf8,
     .help = "a text frame that is no UTF-8"},
    {"long_control", FRAME, .groups = SCRIPT_GROUP_BROKEN, .apply = script_do_long_control,
     .help = "a ping of 126 bytes before it"},
    {"no_start", FRAME, .groups = SCRIPT_GROUP_BROKEN, .apply = script_do_no_start,
     .help = "a continuation of nothing"},
    {"after_close", FRAME, .groups = SCRIPT_GROUP_BROKEN, SIZE(script_close),
     .members = after_close_members, .brief = "code", .apply = script_do_after_close,
     .help = "a close frame, and the text behind it"},

    {"close", SOCKET, .groups = SCRIPT_GROUP_END, SIZE(script_close), .members = close_members,
     .brief = "code", .apply = script_do_close, .help = "a close frame, behind what was given out"},
    {"end", SOCKET, .groups = SCRIPT_GROUP_END, .apply = script_do_end,
     .help = "FIN without a close frame, behind what was given out"},
    {"reset", SOCKET, .groups = SCRIPT_GROUP_END, .apply = script_do_reset, .help = "RST, at once"},
    {"sever", SOCKET, .groups = SCRIPT_GROUP_END, .text_frame = true, SIZE(script_sever),
     .members = sever_members, .brief = "at", .apply = script_do_sever,
     .help = "cuts the connection in that text, on other events in its next one; of a POST in the "
             "answer of HTTP"},
    {"deaf", SOCKET, SIZE(script_cork), .members = lasting_members, .brief = "until",
     .apply = script_do_deaf, .help = "nothing read, nothing written, no FIN"},
    {"stop_reading", SOCKET, SIZE(script_cork), .members = lasting_members, .brief = "until",
     .apply = script_do_stop_reading, .help = "nothing is read"},
    {"no_pong", SOCKET, .websocket = true, SIZE(script_cork), .members = lasting_members,
     .brief = "until", .apply = script_do_no_pong, .help = "the client's pings are not answered"},
    {"ping", SOCKET, .websocket = true, SIZE(script_ping), .members = ping_members, .brief = "n",
     .check = check_ping, .apply = script_do_ping, .help = "pings, whose pongs say the rule"},

    {"skip", .stage = SCRIPT_STAGE_NOTIFICATION, .events = ON(NOTIFIED), .apply = script_do_skip,
     .help = "the notification stands in the journal, and has no bytes"},
    {"quiet", STREAM(ON(SUBSCRIBED) | ON(NOTIFIED)), SIZE(script_cork), .members = lasting_members,
     .brief = "until", .apply = script_do_quiet, .help = "the stream makes no notifications"},
    {"flood", STREAM(ON(SUBSCRIBED) | ON(NOTIFIED)), SIZE(script_count), .members = flood_members,
     .brief = "n", .apply = script_do_flood,
     .help = "n more notifications, each like the last one, at most 4 MiB ahead of the connection"},
    {"late", STREAM(ON(UNSUBSCRIBED)), SIZE(script_count), .members = flood_members, .brief = "n",
     .apply = script_do_late, .help = "n notifications behind the reply to the unsubscribe"},
    {"stream_id", STREAM(ON(SUBSCRIBED)), SIZE(script_value), .members = stream_id_members,
     .brief = "id", .check = check_stream_id, .apply = script_do_stream_id,
     .help = "another id of the stream"},
    {"stop", STREAM(ON(SUBSCRIBED) | ON(NOTIFIED)), .apply = script_do_stop,
     .help = "the node ends the stream"},
    {"notify", STREAM(SCRIPT_ANY), .targets = true, SIZE(script_notify), .members = notify_members,
     .apply = script_do_notify, .help = "a notification of that value to the streams of a kind"},

    {"advance", CHAIN, SIZE(script_count), .members = advance_members, .brief = "n",
     .apply = script_do_advance,
     .help = "the head goes on by n blocks, which are made past the recording's end"},
    {"set_head", CHAIN, SIZE(script_block_args), .members = block_member, .brief = "block",
     .apply = script_do_set_head,
     .help = "the head is that block, which descends from the finalized one; in `start`: any"},
    {"tick", CHAIN, SIZE(script_tick), .members = tick_members, .brief = "every",
     .apply = script_do_tick, .help = "the head goes on by itself"},
    {"block", CHAIN, SIZE(script_made_args), .members = made_members, .apply = script_do_block,
     .help = "a block is made, and is the head"},
    {"fork", CHAIN, SIZE(script_fork), .members = fork_members, .brief = "depth",
     .apply = script_do_fork,
     .help =
         "another branch is made, and is the head's; not under the finalized block: deeper needs "
         "`hold_finality` before"},
    {"finalize", CHAIN, SIZE(script_block_args), .members = block_member, .brief = "block",
     .apply = script_do_finalize, .help = "that block is finalized"},
    {"hold_finality", CHAIN, SIZE(script_finality), .members = finality_members, .brief = "lag",
     .apply = script_do_hold_finality, .help = "finality stays, or stays behind"},
    {"upgrade", CHAIN, SIZE(script_count), .members = upgrade_members, .brief = "runtime",
     .apply = script_do_upgrade, .help = "a block is made that upgrades to a recorded runtime"},
    {"prune", CHAIN, SIZE(script_prune), .members = prune_members, .needs_parts = true,
     .check = check_prune, .apply = script_do_prune, .help = "state is discarded"},
    {"restart", CHAIN, SIZE(script_block_args), .members = restart_members,
     .apply = script_do_restart,
     .help = "all sockets are reset, as by a node that is started anew"},

    {"give", .stage = SCRIPT_STAGE_SPACE, .events = SCRIPT_ANY, SIZE(script_give),
     .members = give_members, .brief = "name", .apply = script_do_give, .help = "a signal"},
    {"limits", .stage = SCRIPT_STAGE_SPACE, .events = SCRIPT_ANY, SIZE(script_limits),
     .members = limits_members, .needs_parts = true, .check = check_limits,
     .apply = script_do_limits, .help = "other limits of the space, from now on"},
    {0},
};

const struct script_action_row *script_action_find(const char *name) {
    const struct script_action_row *row = script_action_rows;
    while (row->name != NULL && strcmp(row->name, name) != 0) {
        row++;
    }
    return row->name != NULL ? row : NULL;
}
