"""The faults that stand in a tenant: which of them a request meets, counted.

They live in the process and end with it. Everything here runs on the event loop, so counting needs
no lock.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from random import Random

from concertmaster.faults.rules import Effect, Rule, read_header
from concertmaster.store import Tenant

#: Requests with a fault header whose `times` are remembered (the oldest are forgotten).
_REMEMBERED = 1_000


@dataclass
class Counting:
    """How often an effect was met, and how often it acted."""

    effect: Effect
    dice: Random
    matched: int = 0
    fired: int = 0

    def acts(self) -> bool:
        """Count one more matching request; whether the effect happens to it."""
        self.matched += 1
        if self.matched < (self.effect.nth or 1) or self.spent:
            return False
        chance = self.effect.probability
        if chance is not None and self.dice.random() >= chance:
            return False
        self.fired += 1
        return True

    @property
    def spent(self) -> bool:
        return self.effect.last is not None and self.fired >= self.effect.last


@dataclass
class Fault(Counting):
    """A rule that stands, under its number."""

    id: int = 0

    @property
    def rule(self) -> Rule:
        assert isinstance(self.effect, Rule)
        return self.effect


@dataclass(frozen=True)
class Struck:
    """What happens to a request: it waits, and then goes on or meets an effect."""

    by: str  #: numbers of the rules, or `header`
    delay: float = 0.0  #: seconds
    effect: Effect | None = None


@dataclass
class Faults:
    """`tenant.own(Faults)` are those of a tenant."""

    tenant: Tenant
    standing: tuple[Fault, ...] = ()
    expired: dict[bytes, int] = field(default_factory=dict)  #: Authorization → fault that did it
    _last: int = 0
    _of_headers: OrderedDict[tuple[str, ...], Counting] = field(default_factory=OrderedDict)

    def add(self, rule: Rule) -> Fault:
        self._last += 1
        # The same dice for the same number: a run can be repeated.
        fault = Fault(rule, Random(self._last), id=self._last)  # noqa: S311
        self.standing = (*self.standing, fault)
        return fault

    def remove(self, number: int) -> bool:
        """Take a rule away; tokens that it made expire are good again."""
        kept = tuple(fault for fault in self.standing if fault.id != number)
        found = len(kept) < len(self.standing)
        self.standing = kept
        self.expired = {token: by for token, by in self.expired.items() if by != number}
        return found

    def clear(self) -> None:
        self.standing = ()
        self.expired = {}
        self._of_headers.clear()

    def strike(self, method: str, path: str, authorization: bytes | None) -> Struck | None:
        """What the rules do to a request: delays add up, of all else the first one counts."""
        delay, effect, acted = 0.0, None, []
        for fault in self.standing:
            rule = fault.rule
            if not rule.matches(method, path) or (rule.answers and effect is not None):
                continue
            if rule.expire_token and not _bearer(authorization):
                continue
            if fault.acts():
                acted.append(str(fault.id))
                delay += wait(rule, fault.dice)
                effect = rule if rule.answers else effect
                if rule.expire_token:
                    assert authorization
                    self.expired[authorization] = fault.id
        return Struck(", ".join(acted), delay, effect) if acted else None

    def strike_by_header(self, text: str, method: str, target: str) -> Struck | None:
        """What a request asks to happen to itself.

        With `times` the first so many requests of this method, target and header fail, then one
        passes and the counting begins anew. Raises InvalidRequest.
        """
        effect = read_header(text)
        same = (method, target, text)
        counting = self._of_headers.pop(same, None) or Counting(effect, Random(text))  # noqa: S311
        acts = counting.acts()
        if not (counting.spent and not acts):
            self._of_headers[same] = counting
            if len(self._of_headers) > _REMEMBERED:
                self._of_headers.popitem(last=False)
        if not acts:
            return None
        return Struck("header", wait(effect, counting.dice), effect if effect.answers else None)


def wait(effect: Effect, dice: Random) -> float:
    """Seconds that a request is held up."""
    span = effect.delay_ms or 0
    return (dice.uniform(*span) if isinstance(span, tuple) else span) / 1000


def _bearer(authorization: bytes | None) -> bool:
    return authorization is not None and authorization[:7].lower() == b"bearer "
