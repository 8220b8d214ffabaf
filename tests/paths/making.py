"""Makes the scripted calls by one path, in a process of its own: the instrumentations all patch the same libraries.

    python -m tests.paths.making NAME PROVIDERS GATEWAY

The last line that it prints is JSON: when each call began, in nanoseconds since 1970, and what was sent of all.
"""

from __future__ import annotations

import json
import sys
import time

from tests.paths.calls import CALLS
from tests.paths.route import route_of

__all__: list[str] = []


def main(name: str, providers: str, gateway: str) -> None:
    """Make the calls one after the other."""
    route = route_of(name)
    make, end = route.begin(providers, gateway)
    begun = {}
    for call in CALLS:
        if call.name in route.cannot:
            continue
        begun[call.name] = time.time_ns()
        try:
            make(call)
        except Exception as error:
            if not call.raises:
                raise
            assert str(getattr(error, "status_code", error)).startswith("429"), error
        else:
            assert not call.raises, call.name
        time.sleep(0.01)  # so that calls can be told apart by when they began
    print("\n" + json.dumps({"begun": begun, "sent": end()}, default=str), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
