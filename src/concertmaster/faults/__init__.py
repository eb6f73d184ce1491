"""Failures on demand: rules that say which requests fail, and the door at which they do.

A rule is data (`rules.py`). A tenant's rules are asked about each request (`standing.py`); what
they answer is carried out on the connection (`door.py`).
"""
