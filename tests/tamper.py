"""Changes one byte of one event's payload, as somebody with the file and a grudge would.

usage: tamper.py JOURNAL.db POSITION
"""

import sqlite3
import sys

database = sqlite3.connect(sys.argv[1])
position = int(sys.argv[2])
for (trigger,) in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
    database.execute(f'drop trigger "{trigger}"')
(payload,) = database.execute("select payload from events where position = ?", (position,)).fetchone()
at = payload.index("a")
database.execute(
    "update events set payload = ? where position = ?",
    (payload[:at] + "b" + payload[at + 1 :], position),
)
database.commit()
