"""A space of a node for one playing of a cell: made with its seed and recording, watched, read and dropped by control calls, which
leave no trace."""

import http.client
import itertools
import json

from testenv.rpc import RpcError, request

NUMBERS = itertools.count(1)


class PlayedSpace:
    def __init__(self, port, alias, seed, fixture, patience):
        self.port, self.patience = port, patience
        self.name = f"{alias}-{next(NUMBERS)}"
        self.path = f"/s/{self.name}"
        self.control("mock_stats", query=f"?seed={seed}&fixture={fixture}")

    def url(self, label):
        return f"ws://127.0.0.1:{self.port}{self.path}?as={label}"

    def post(self, body, query="", timeout=None):
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout or 10 * self.patience)
        try:
            client.request("POST", self.path + query, body, {"Content-Type": "application/json"})
            return client.getresponse().read().decode()
        finally:
            client.close()

    def control(self, method, *params, query="", timeout=None):
        answer = json.loads(self.post(request(method, *params), query, timeout))
        if "error" in answer:
            raise RpcError(answer["error"])
        return answer["result"]

    def wait(self, condition):
        """Comes back when a condition on the event journal holds, or the space is dropped."""
        asked = {"event": condition["event"], "match": condition.get("match", {}), "count": condition.get("count", 1), "from": 1}
        self.control("mock_wait", asked, timeout=100 * self.patience)

    def events(self):
        said, events = {"next": 1, "events": [None]}, []
        while said["events"]:  # so many bytes are told at a time
            said = self.control("mock_events", {"from": said["next"]})
            events += said["events"]
        return events

    def canonical(self):
        """The text of its canonical journal, without its name."""
        text = self.post(request("mock_journal", {"form": "canonical"}))
        return text.replace(f'"space":"{self.name}",', "")

    def facts(self):
        facts = {"stats": self.control("mock_stats"), "unmatched": self.control("mock_unmatched")}
        # The only request, and behind everything that is judged.
        return {**facts, "head": self.control("chain_getBlockHash")}

    def drop(self):
        self.control("mock_dropSpace")
