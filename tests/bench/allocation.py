"""The table of the fair allocation: `make bench`, or `python -m tests.bench.allocation 500 5000`.

Each size in a process of its own, so that its memory is its own; seconds on the wall and of the processor.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time

from booking.matching.allocation import allocate, figures_of, first_come, random_draw
from tests.bench.rounds import made_round

SIZES = (500, 5_000, 60_000)
HEAD = (
    "classes",
    "slots",
    "seconds",
    "cpu s",
    "MB",
    "gap",
    "served",
    "firsts",
    "vs first come",
    "firsts",
    "vs draw",
    "firsts",
)


def measured(classes: int) -> dict[str, float]:
    instance, arrival = made_round(classes)
    began, processor = time.perf_counter(), time.process_time()
    found = allocate(instance)
    seconds, processor = time.perf_counter() - began, time.process_time() - processor
    fair = figures_of(instance, found.placements)
    quick = figures_of(instance, first_come(instance, arrival))
    drawn = figures_of(instance, random_draw(instance))
    return {
        "classes": classes, "slots": len(instance.slots), "seconds": seconds, "processor": processor,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "gap": found.levels[0].gap,
        "served": fair.served, "firsts": fair.first_wishes,
        "more_served": fair.served / quick.served - 1, "more_firsts": fair.first_wishes / quick.first_wishes - 1,
        "more_than_draw": fair.served / drawn.served - 1,
        "more_firsts_than_draw": fair.first_wishes / drawn.first_wishes - 1,
    }  # fmt: skip


def main(sizes: list[int]) -> None:
    print("".join(f"{name:>14}" for name in HEAD))
    for size in sizes:
        command = [sys.executable, "-m", "tests.bench.allocation", "--one", str(size)]
        # The solver's greeting stands on the lines before.
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1]
        row = json.loads(answer)
        print(
            f"{row['classes']:>14,}{row['slots']:>14,}{row['seconds']:>14.1f}{row['processor']:>14.1f}{row['memory']:>14.0f}"
            f"{row['gap']:>14.4%}{row['served']:>14,}{row['firsts']:>14,}{row['more_served']:>+14.1%}"
            f"{row['more_firsts']:>+14.1%}{row['more_than_draw']:>+14.1%}"
            f"{row['more_firsts_than_draw']:>+14.1%}",
            flush=True,
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measured(int(sys.argv[2]))))
    else:
        main([int(size) for size in sys.argv[1:]] or list(SIZES))
