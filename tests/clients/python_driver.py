"""Runs in a client's own virtual environment: evaluates one line of code after the other.

    python python_driver.py "from uipath.platform import UiPath; sdk = UiPath()"

Reads `{"code": …, "names": {…}}` a line from stdin; answers `{"value": …}` or `{"error": {…}}`.
Imports the standard library only: it must not bend what the client brings.
"""

import json
import os
import sys

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what a client prints is not an answer


def plain(value):
    """What JSON can hold; models as their members."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if hasattr(value, "to_dict"):
        return value.to_dict()
    return str(value)


def described(error):
    info = getattr(error, "error_info", None)
    return {
        "type": type(error).__name__,
        "text": str(error),
        "status": getattr(error, "status_code", None) or getattr(error, "status", None),
        "message": getattr(info, "message", None),
        "code": getattr(info, "error_code", None),  # text, whatever the body said
        "trace": getattr(info, "trace_id", None),
    }


known = {}
exec(sys.argv[1], known)
for line in sys.stdin:
    asked = json.loads(line)
    try:
        answer = {"value": eval(asked["code"], {**known, **asked["names"]})}
    except Exception as error:
        answer = {"error": described(error)}
    print(json.dumps(answer, default=plain), file=answers, flush=True)
