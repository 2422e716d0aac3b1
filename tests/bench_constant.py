"""`python -m tests.bench_constant <file>`: the answer in the file, under the site's uvicorn settings, and nothing else.

The file is JSON: {"headers": [[name, value], …], "body": text}. Prints its address once it listens.
"""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import uvicorn
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope


def main() -> None:
    answer = json.loads(Path(sys.argv[1]).read_text())
    headers = [(name.encode(), value.encode()) for name, value in answer["headers"]]
    body = answer["body"].encode()

    async def constant(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers, "trailers": False})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    config = uvicorn.Config(
        constant, log_config=None, access_log=False, server_header=False, proxy_headers=True, lifespan="off"
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)  # noqa: T201
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
