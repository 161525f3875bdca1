"""What the programs of a customer have in common: commands over JSON lines, and the web server that webhooks come to."""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_turn = threading.Lock()


def say(line):
    with _turn:
        print(json.dumps(line, default=str), flush=True)


def listen(hear):
    """Serves webhooks: `hear(headers, body)` is what the library makes of one. Returns the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                say({"event": "webhook", **hear(self.headers, body)})
            except Exception as error:
                say({"event": "failure", "during": f"a webhook: {body.decode()}", "message": repr(error)})
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/wsapi/webhook"


def serve(client, commands):
    """Answers commands until there are no more."""
    say({"event": "hello", "client": client, "pid": os.getpid()})
    for line in sys.stdin:
        command = json.loads(line)
        number, name = command.pop("id"), command.pop("command")
        try:
            say({"id": number, "ok": commands[name](**command)})
        except Exception as error:
            say({"id": number, "error": {"message": repr(error)}})
