"""What every test may ask for: one node on the recording for all of them, a space of that node for each,
the recorded truth, and a seed that is printed with the command that repeats the run."""

import os
import random

import pytest

from hypothesis import settings

from testenv.certificate import Certificate
from testenv.node import Node
from testenv.paths import FIXTURE, PATIENCE
from testenv.truth import Truth

# No folder of examples in the checkout: a failing one is printed and can be pasted back.
settings.register_profile("suite", database=None, print_blob=True, deadline=None)
settings.load_profile("suite")


def pytest_configure(config):
    config.seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**32))
    os.environ["SEED"] = str(config.seed)  # the processes of pytest-xdist have the same


def pytest_report_header(config):
    return f"seed {config.seed}; SEED={config.seed} python -m pytest … repeats a run"


def pytest_terminal_summary(terminalreporter):
    """What a test could not do here, by `record_property("not_run", …)`: it is no failure, but said."""
    for report in terminalreporter.getreports("passed"):
        for name, text in report.user_properties:
            if name == "not_run" and report.when == "call":
                terminalreporter.write_line(f"NOT RUN {text}")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed and "rng" in getattr(item, "fixturenames", ()):
        seed = item.config.seed
        report.sections.append(
            ("to repeat", f"SEED={seed} python -m pytest '{item.nodeid}'  (in conformance/)")
        )


def pytest_collection_modifyitems(items):
    for item in items:
        if PATIENCE > 1:
            item.add_marker(pytest.mark.timeout(300 * PATIENCE))


@pytest.fixture
def rng(request):
    """A generator of its own for each test, from the run's seed and the test's name."""
    return random.Random(f"{request.config.seed} {request.node.nodeid}")


@pytest.fixture(scope="session")
def truth():
    return Truth(FIXTURE)


@pytest.fixture(scope="session")
def node():
    with Node(FIXTURE) as node:
        yield node


@pytest.fixture(scope="session")
def tls_node(tmp_path_factory):
    """The same over TLS."""
    certificate = Certificate(tmp_path_factory.mktemp("tls"), "localhost")
    with Node(FIXTURE, "--tls-cert", certificate.file, "--tls-key", certificate.key) as node:
        yield node


@pytest.fixture
def space(node):
    space = node.space()
    yield space
    space.close()


@pytest.fixture
def socket(space):
    return space.socket()


@pytest.fixture
def start():
    """Starts nodes of a test's own; those still running are stopped at its end."""
    running = []

    def starter(*arguments, **options):
        running.append(Node(*arguments, **options))
        return running[-1]

    yield starter
    for node in running:
        node.end()
