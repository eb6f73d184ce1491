"""Properties that are worked out once, by whoever asks first, and by each object for itself."""

import threading

from concertmaster.odata.lazily import cached_property


class Asked:
    def __init__(self, waits: threading.Event | None = None) -> None:
        self.waits = waits
        self.times = 0

    @cached_property
    def answer(self) -> int:
        """How often it was worked out."""
        self.times += 1
        if self.waits is not None:
            assert self.waits.wait(10)
        return self.times


def test_once() -> None:
    asked = Asked()
    assert (asked.answer, asked.answer) == (1, 1)
    assert vars(asked)["answer"] == 1
    assert Asked.answer.__doc__ == "How often it was worked out."


def test_one_that_waits_keeps_no_other_from_its_own() -> None:
    waits = threading.Event()
    slow = Asked(waits)
    thread = threading.Thread(target=lambda: slow.answer)
    thread.start()
    while not slow.times:
        pass
    assert Asked().answer == 1
    waits.set()
    thread.join()
