"""The least CPU time of Python's jmespath on the bodies and rules that `cargo bench … --bench prune -- --write DIR` wrote.

    python3 tests/benches/peer_jmespath.py DIR        (needs `pip install jmespath`)
"""

import json
import sys
import time
from pathlib import Path

import jmespath

directory = Path(sys.argv[1])
for rule in json.loads((directory / "rules.json").read_text()):
    text = (directory / f"{rule['payload']}-1MB.json").read_text()
    expression = jmespath.compile(rule["rule"])
    least = float("inf")
    for _ in range(20):
        start = time.process_time()
        json.dumps(expression.search(json.loads(text)))
        least = min(least, time.process_time() - start)
    print(f"{rule['label']}: {least * 1e6:.0f} us")
