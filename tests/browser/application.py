"""An application's pages, served from an origin of their own."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SDK = Path(__file__).parents[1] / "sdk"
ESBUILD = SDK / "node_modules" / ".bin" / "esbuild"
_PAGE = '<!doctype html><meta charset="utf-8"><title>{title}</title><script src="/bundle.js"></script>{body}'
PAGES = {
    "/": _PAGE.format(title="Treasury", body='<button id="authorize">Sign in</button><p id="who"></p>'),
    "/callback": _PAGE.format(title="Back", body="<script>application.handleAuthCallback()</script>"),
}


def bundle() -> bytes:
    """The SDK as a page loads it."""
    assert ESBUILD.exists(), f"{ESBUILD} is missing; run `make setup-sdk`"
    command = [str(ESBUILD), "popup.mjs", "--bundle", "--format=iife", "--log-level=warning"]
    return subprocess.run(command, cwd=SDK, capture_output=True, check=True).stdout


@contextmanager
def serve(script: bytes) -> Iterator[str]:
    """Yields the origin."""
    documents = {path: (text.encode(), "text/html") for path, text in PAGES.items()}
    documents["/bundle.js"] = (script, "text/javascript")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body, kind = documents.get(self.path.partition("?")[0], (b"", "text/plain"))
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
