"""Foreign clients that wait for blocks, on a chain that goes on past its recording: by the clock, or because
they asked to hear of it."""

import pytest

from testenv.node import Node
from testenv.paths import FIXTURE
from testenv.programs import guide

pytestmark = [pytest.mark.foreign, pytest.mark.slow]


BY_CAUSE = {
    "rules": [
        {"on": "subscribed", "match": {"stream": "newHeads"}, "do": [{"block": {}}] * 4},
        {"on": "subscribed", "match": {"stream": "finalizedHeads"}, "do": [{"advance": 3}]},
    ]
}


@pytest.mark.parametrize("way", ["clock", "cause"])
@pytest.mark.parametrize("version", ["10.5.0", "11.3.0"])
def test_waiting_for_blocks(version, way, tmp_path):
    with Node(FIXTURE, *(["--tick", "400ms"] if way == "clock" else [])) as node:
        space = node.space()
        if way == "cause":
            space.control("mock_setScript", BY_CAUSE)
        begin, *numbers = map(int, guide(version, "waiting", space.url(), tmp_path).split())
        stats = space.stats()
        assert stats["unmatched"] == 0, space.control("mock_unmatched")
        space.close()
    assert numbers[0] >= begin + 3  # what was waited for was reached …
    if version == "10.5.0":
        assert numbers[1] > numbers[0]  # … and then another block came
    else:
        first, second, third = numbers[1:]  # finalized blocks, one by one
        assert (second, third) == (first + 1, first + 2)
