"""How fast Concertmaster is, beside what its users could pick instead: `python -m benchmarks`."""
