"""A server at loopback that answers what it is told to, at every address."""

import contextlib
import http.server
import threading


class OddServer:
    """`say` changes the answer; `asked` has the heads of what was asked."""

    def __init__(self, body="", **answer):
        self.asked = []
        self.gone = threading.Event()
        odd = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                odd.asked.append(dict(self.headers))
                with contextlib.suppress(OSError):
                    odd.answer(self)
                self.close_connection = True

            def log_message(self, *_):
                pass

        self.say(body, **answer)
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]

    def say(self, body, status=200, hang=False, endless=False, **headers):
        self.body = body if isinstance(body, bytes) else body.encode()
        self.status, self.headers = status, headers
        self.hang, self.endless = hang, endless

    def answer(self, request):
        if self.hang:
            self.gone.wait(60)
            return
        tag = self.headers.get("ETag")
        if tag and request.headers.get("If-None-Match") == tag:
            request.send_response(304)
            request.end_headers()
            return
        request.send_response(self.status)
        for name, value in self.headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(self.body)
        while self.endless and not self.gone.is_set():
            request.wfile.write(b" " * 65536)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.gone.set()
        self.server.shutdown()
        self.server.server_close()
