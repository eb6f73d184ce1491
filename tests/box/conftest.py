"""The box: an image that is built without an engine, and the compose file's services as processes.

Needs Debian, root, its packages buildah, debootstrap and haproxy, PostgreSQL and a package
registry, so it is skipped unless CONCERTMASTER_TEST_BOX=1; then nothing is.
"""

import os

import pytest

ENABLED = os.environ.get("CONCERTMASTER_TEST_BOX") == "1"


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("box") and not ENABLED:
        pytest.skip(
            "builds an image and runs the compose file's services: CONCERTMASTER_TEST_BOX=1"
        )
