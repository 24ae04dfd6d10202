"""Runs a command at a terminal of its own: terminal.py [EXPECT SEND]... -- COMMAND...

Waits until the terminal shows EXPECT, types SEND (with escapes such as \\r and \\x1b[B), and so on;
then prints all that was shown and ends with the command's code.
"""

import os
import pty
import select
import sys
import time

split = sys.argv.index("--")
steps = sys.argv[1:split]
steps = list(zip(steps[::2], steps[1::2]))
command = sys.argv[split + 1 :]

child, terminal = pty.fork()
if child == 0:
    os.execv(command[0], command)

shown = ""
seen = 0
until = time.time() + 20
while time.time() < until:
    if steps and steps[0][0] in shown[seen:]:
        seen = len(shown)
        os.write(terminal, steps.pop(0)[1].encode().decode("unicode_escape").encode())
    if select.select([terminal], [], [], 0.1)[0]:
        try:
            shown += os.read(terminal, 65536).decode(errors="replace")
        except OSError:
            break
_, status = os.waitpid(child, 0)
print(shown)
sys.exit(os.waitstatus_to_exitcode(status) if not steps else 99)
