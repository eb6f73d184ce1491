"""The journal: which requests a tenant got, what became of them, and why some failed.

`entries.py` keeps and finds them, `door.py` writes them down as they pass, `hints.py` says why a
404 was one.
"""
