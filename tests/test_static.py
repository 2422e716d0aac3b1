"""Static files: from memory, compressed, kept for ever under their version."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from webapp.static import ASK_AGAIN, FOR_EVER, Static


@pytest.fixture
def static(tmp_path: Path) -> Static:
    folder = tmp_path / "static"
    (folder / "css").mkdir(parents=True)
    (folder / "css" / "base.css").write_text("body { color: black }\n" * 200)
    (folder / "font.woff2").write_bytes(bytes(range(256)))
    (tmp_path / "secret").write_text("outside")
    (folder / "link.css").symlink_to(tmp_path / "secret")
    return Static(folder)


@pytest.fixture
def client(static: Static) -> TestClient:
    return TestClient(Starlette(routes=[Mount("/static", static)]))


def test_a_url_with_the_version_may_be_kept_for_ever_and_one_without_is_asked_for_again(
    static: Static, client: TestClient
) -> None:
    assert client.get("/static/" + static.url("css/base.css")).headers["cache-control"] == FOR_EVER
    assert client.get("/static/css/base.css").headers["cache-control"] == ASK_AGAIN
    assert client.get("/static/css/base.css?v=old").headers["cache-control"] == ASK_AGAIN


def test_text_goes_out_compressed_and_fonts_as_they_are(client: TestClient) -> None:
    answer = client.get("/static/css/base.css", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) * 10 < len(answer.content)
    plain = client.get("/static/css/base.css", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == answer.content
    font = client.get("/static/font.woff2")
    assert (font.headers["content-type"], font.content) == ("font/woff2", bytes(range(256)))


def test_a_file_that_the_browser_has_is_not_sent_again(client: TestClient) -> None:
    tag = client.get("/static/css/base.css").headers["etag"]
    assert client.get("/static/css/base.css", headers={"if-none-match": tag}).status_code == 304


@pytest.mark.parametrize("path", ["nothing.css", "../secret", "%2e%2e/secret", "link.css", "css", "css/", ""])
def test_nothing_but_the_files_of_the_folder_is_served(client: TestClient, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404


def test_files_are_only_read(client: TestClient) -> None:
    assert client.post("/static/css/base.css").status_code == 405
