"""`functools.cached_property` as it is from Python 3.12 on.

Before, all objects of a class shared the lock of such a property: a request that waits for the
database within one would keep every other request out of its own.
"""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING or sys.version_info >= (3, 12):
    from functools import cached_property
else:

    class cached_property:  # noqa: N801 - it stands in for one of that name
        """A method whose result takes its place in the object, where it is looked up first."""

        def __init__(self, make):
            self._make = make
            self.__doc__ = make.__doc__

        def __set_name__(self, owner, name):
            self._name = name

        def __get__(self, held, owner=None):
            if held is None:
                return self
            value = held.__dict__[self._name] = self._make(held)
            return value


__all__ = ["cached_property"]
