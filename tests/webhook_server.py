"""A receiver of webhooks on a free port: prints the port, then a line of JSON for every request.

Each is answered after as many seconds as the argument says. It ends when its input does.
"""

import http.server
import json
import sys
import threading
import time


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        say({"path": self.path, "key": self.headers["webhook-id"], "body": json.loads(body)})
        time.sleep(float(sys.argv[1]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


# Requests come at once, and each of their lines stays whole.
saying = threading.Lock()


def say(what):
    with saying:
        print(json.dumps(what), flush=True)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
say(server.server_address[1])
sys.stdin.read()
