"""Talks with the test: one JSON object per line, commands in, events out."""

import json
import sys
import threading

_lock = threading.Lock()


def say(event):
    """Prints one event; callbacks of the SDKs come from threads of their own."""
    with _lock:
        print(json.dumps(event), flush=True)


def commands():
    """Commands of the test until it closes the input."""
    for line in sys.stdin:
        if line.strip():
            yield json.loads(line)
