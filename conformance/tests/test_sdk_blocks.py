"""SDKs that wait for blocks and follow heads, unmodified and offline: under --tick, and under moves by cause."""

import pytest

from testenv.events import Events
from testenv.paths import FIXTURE
from testenv.programs import guide
from testenv.stage import rule

pytestmark = [pytest.mark.foreign, pytest.mark.slow]

# When a client has read a header, which it shows by a pong, the next block comes: no clock has a part in it.
BY_CAUSE = {"rules": [rule("ping", "notified", {"ping": {"n": 1}}),
                      rule("next", "ponged", {"advance": 1}, match={"rule": "ping"})]}


@pytest.fixture(params=["tick", "cause"])
def space(request, start, node):
    if request.param == "tick":
        return start(FIXTURE, "--tick", "300ms").space()
    space = node.space()
    space.control("mock_setScript", BY_CAUSE)
    return space


def blocks(version, space, tmp_path):
    lines = [line.split() for line in guide(version, "blocks", space.url(), tmp_path).splitlines()]
    assert space.stats()["unmatched"] == 0, space.control("mock_unmatched")
    assert Events(space).of("notified")
    return lines


def test_sdk_10(space, truth, tmp_path):
    following, named, (begin, end) = blocks("10.5.0", space, tmp_path)
    assert (following, named) == (["True"], ["True"])
    assert int(begin) >= truth.head["number"] and int(end) >= int(begin) + 4


def test_sdk_11(space, truth, tmp_path):
    numbers, (following, named) = blocks("11.3.0", space, tmp_path)
    numbers = [int(number) for number in numbers]
    assert numbers == list(range(numbers[0], numbers[0] + 5)) and numbers[0] >= truth.head["number"]
    assert int(named) >= int(following) + 3 and int(following) > numbers[-1]
