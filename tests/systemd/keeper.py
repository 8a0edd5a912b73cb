"""Two processes of one service: the first ends when it is told to, or is killed; the second ignores that, sees that the first
is gone, and writes a last line after a while. `FILE.ready` is there when both run.

    keeper.py FILE
"""

import os
import signal
import sys
import time

near, far = os.pipe()
if os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.close(far)
    with open(sys.argv[1] + ".ready", "w", encoding="utf-8"):
        pass
    os.read(near, 1)
    time.sleep(0.5)
    with open(sys.argv[1], "a", encoding="utf-8") as file:
        file.write("last line\n")
    os._exit(0)
os.close(near)
signal.pause()
