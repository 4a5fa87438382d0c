"""The groups of cases, by their letters."""

GROUPS = {
    "A": "Identity of results", "B": "Replies out of order", "C": "Ids and shapes of frames", "D": "Snapshots", "E": "Batches",
    "F": "Subscriptions", "G": "Cancelling and deadlines", "H": "Reconnecting with requests in flight", "I": "Backpressure and limits",
    "J": "Frames, close, half-open sockets", "K": "Big answers before small ones", "L": "Threads and connections",
    "M": "Determinism", "N": "Runtime upgrades", "O": "Caches", "P": "Null, missing, default", "Q": "Numbers and encoding",
    "R": "Errors beside successes", "S": "Writes and nonces",
}
