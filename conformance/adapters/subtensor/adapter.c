/* Our client as an adapter of protocol 1, by its public headers: the table that the kit drives. A
 * handle is a connection with an engine of its own: closing the engine ends what is under way. Of a
 * call, `data` is its request when it has a method, else its query. */
#include <stdlib.h>
#include <string.h>
#include <substrate/call.h>

#include "parts.h"

static bool open(const struct kit_options *asked, void **out, struct kit_end *end) {
    static _Thread_local struct substrate_error error;
    struct substrate_connection_options options = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    struct handle *handle = calloc(1, sizeof(*handle));
    enum substrate_status status = substrate_engine_open(NULL, &handle->engine, &error);
    options.url = asked->urls[0];
    options.engine = handle->engine;
    options.in_flight_max = asked->in_flight > 0 ? asked->in_flight : options.in_flight_max;
    if (status == SUBSTRATE_OK) {
        status = substrate_connection_open(&options, &handle->connection, &error);
    }
    if (status != SUBSTRATE_OK) {
        adapter_fail(end, status, &error);
        substrate_engine_close(handle->engine);
        free(handle);
        return false;
    }
    *out = handle;
    return true;
}

static void shut(void *handle) { substrate_engine_close(((struct handle *)handle)->engine); }

static void close(void *handle) {
    substrate_connection_close(((struct handle *)handle)->connection);
    free(handle);
}

static void submit(void *handle, struct kit_call *call) {
    struct substrate_connection *connection = ((struct handle *)handle)->connection;
    struct substrate_request request = {.method = call->method,
                                        .params = {call->params.data, call->params.size}};
    struct substrate_error error = {0};
    enum substrate_status status = SUBSTRATE_OK;
    request.deadline_us = call->deadline_ms > 0 ? substrate_now_us() + call->deadline_ms * 1000 : 0;
    if (call->method != NULL) {
        status = substrate_submit(connection, &request, (struct substrate_pending **)&call->data,
                                  &error);
    } else {
        status = queries_make(call, (struct substrate_query **)&call->data, &error);
    }
    if (status != SUBSTRATE_OK) {
        struct kit_end end;
        adapter_fail(&end, status, &error);
        kit_end(call, &end);
    } else if (call->method == NULL) {
        substrate_query_set_deadline(call->data, request.deadline_us);
    }
}

static void wait(void *handle, struct kit_call *call) {
    const struct substrate_reply *reply = NULL;
    struct substrate_error error = {0};
    struct kit_end end;
    if (call->method == NULL) {
        (void)substrate_query_ask(((struct handle *)handle)->connection, call->data, &error);
        queries_end(call, substrate_query_outcome(call->data));
        return;
    }
    (void)substrate_wait(call->data, SUBSTRATE_NEVER, &reply);
    adapter_fail(&end, substrate_reply_error(call->method, reply, &error), &error);
    end.value = (struct kit_text){reply->result.data, reply->result.size};
    end.node_message = (struct kit_text){reply->rpc_message.data, reply->rpc_message.size};
    end.node_data = (struct kit_text){reply->rpc_data.data, reply->rpc_data.size};
    kit_end(call, &end);
}

static void cancel(struct kit_call *call) {
    if (call->method == NULL) {
        substrate_query_cancel(call->data);
    } else {
        (void)substrate_cancel(call->data);
    }
}

static void release(struct kit_call *call) {
    if (call->method == NULL) {
        substrate_query_free(call->data);
    } else {
        substrate_pending_free(call->data);
    }
}

static uint64_t pending(void *handle) {
    struct substrate_connection_counters counters;
    substrate_connection_get_counters(((struct handle *)handle)->connection, &counters);
    return counters.in_flight;
}

int main(void) {
    const struct kit_client client = {
        .name = "subtensor",
        .version = "0.1.0",
        .language = "C",
        .can = KIT_RAW | KIT_DEADLINE | KIT_IN_FLIGHT | KIT_SNAPSHOT,
        .limit = 1024,
        .functions = queries_functions(),
        .open = open,
        .shut = shut,
        .close = close,
        .submit = submit,
        .wait = wait,
        .release = release,
        .cancel = cancel,
        .gather = queries_gather,
        .subscribe = subscriptions_open,
        .next = subscriptions_next,
        .unsubscribe = subscriptions_close,
        .pending = pending,
    };
    return kit_main(&client);
}
