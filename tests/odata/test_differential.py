"""What a database answers to an expression is what the expression comes to in Python."""

import reckoning
from hypothesis import HealthCheck, given, settings
from toy import Ask

EXAMPLES = 200


@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(condition=reckoning.conditions)
def test_databases_agree_with_the_reckoning(ask: Ask, condition: reckoning.Said) -> None:
    assert ask(condition.text) == reckoning.answer(condition), condition.text
