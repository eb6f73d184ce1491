"""The figures as a table, in Markdown, that reads well on a terminal too."""

from collections.abc import Sequence

Cell = str | float | int | None


def table(heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """The first column to the left, the others to the right."""
    written = [[shown(cell) for cell in row] for row in rows]
    widths = [max(len(line[at]) for line in [list(heads), *written]) for at in range(len(heads))]

    def line(cells: Sequence[str]) -> str:
        texts = [
            cell.ljust(width) if at < 2 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(texts)} |"

    marks = ["-" * width if at < 2 else "-" * (width - 1) + ":" for at, width in enumerate(widths)]
    return "\n".join([line(heads), line(marks), *(line(row) for row in written)])


def shown(value: Cell) -> str:
    """Three digits that mean something, and no more."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.1f} x"
