// What an adapter says of its client: the class to derive from, how a call fails, and how values are written.

/** A call has no value: `outcome` is one of the protocol's, the rest what the node or the client said. */
export class Failed extends Error {
  constructor(outcome, message = '', { code, data } = {}) {
    super(message);
    Object.assign(this, { outcome, code, data });
  }
}

/** An integer in canonical JSON: what a double cannot hold is a text. */
export const canonical = (number) => {
  const value = BigInt(number);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
};

/**
 * One handle of the client under test. What `can` does not name is never called. An ask has `deadline` (milliseconds, or
 * undefined), `pin` (null for the head, {block} or {hash}), `page`, and `signal`, an AbortSignal, which a cancel aborts.
 */
export class Client {
  static client = ''; // its name
  static version = '';
  static can = { modes: ['serial'] };

  /** Connects nothing yet. `options` may hold what an `open` had: in_flight, headers, deadline_ms. */
  constructor(urls, options) {
    Object.assign(this, { urls, options });
  }

  /** Connects. Called before anything else, but of a lazy handle. */
  async connect() {}

  /** Closes, as users are told to. */
  async close() {}

  // async raw(ask, method, params): the result
  // async batch(asks): a list of promises, one for each
  // async function(ask, name, args): the value, for each of can.functions
  // async snapshot(): what has `function`, all at one head: for unpinned functions of a gathered run
  // async subscribe(ask, user): subscribes; calls user.subscribed(), user.item(value), user.lag(lost), user.gap(from, to);
  //     resolves when the subscription has ended. ask.kind is "heads", "finalized", or undefined: then ask.method,
  //     ask.params and ask.unsubscribe say what
  // async unsubscribe(ask): of the same ask; subscribe resolves thereupon

  /** Requests that the client still keeps; undefined where it cannot tell. */
  pending() {}

  /** Subscriptions that it still keeps. */
  subscriptions() {}

  /** The Failed that an exception of the client is. */
  static failure(error) {
    return new Failed('other', `${error?.name}: ${error?.message}`);
  }
}
