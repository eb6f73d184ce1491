"""Short texts are worked on once; long ones are not kept."""

from concertmaster.odata.remembered import remembered


def test_a_text_is_worked_on_once_unless_it_is_long() -> None:
    asked: list[str] = []

    @remembered
    def upper(text: str) -> str:
        asked.append(text)
        return text.upper()

    long = "x" * 501
    assert [upper(text) for text in ("a", "a", long, long)] == [
        "A",
        "A",
        long.upper(),
        long.upper(),
    ]
    assert asked == ["a", long, long]
