"""The stand-ins that most tests of the API are about, and who talks to them."""

import pytest

from stand_in import Client, StandIn, Start

# --- an empty tenant, shared by a module ------------------------------------------------------


@pytest.fixture(scope="module")
def stand_in(start_stand_in: Start) -> StandIn:
    return start_stand_in("empty")


@pytest.fixture(scope="module")
def admin(stand_in: StandIn) -> Client:
    """The administrator, who names no folder."""
    return stand_in.client()


@pytest.fixture(scope="module")
def shared(stand_in: StandIn) -> Client:
    """The administrator, in folder Shared."""
    return stand_in.client(folder="Shared")


# --- the tenant of the API guide --------------------------------------------------------------


@pytest.fixture(scope="module")
def reader(guide: StandIn) -> Client:
    """For tests that only read. No folder is said anywhere: there is only one."""
    return guide.client()


@pytest.fixture
def writer(start_stand_in: Start) -> Client:
    """On a tenant of its own."""
    return start_stand_in("guide").client()
