"""kgmner-serve, as its clients see it: the command's answers, limits, Spotlight's dialect, a quiet log and end."""

import base64
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from picture_server import Answer, PictureServer, picture_server, png

pytest.importorskip("fastapi", reason="needs FastAPI (pip install 'kgmner[serve]')")
pytest.importorskip("uvicorn", reason="needs uvicorn (pip install 'kgmner[serve]')")
pytest.importorskip("prometheus_client", reason="needs prometheus-client (pip install 'kgmner[serve]')")
pytest.importorskip("python_multipart", reason="needs python-multipart (pip install 'kgmner[serve]')")

SECRET = "Zanzibarbara"
LIMITS = ("--max-body-mb", 0.5, "--max-posts", 40, "--max-waiting", 60, "--max-post-chars", 2000)
HALF = b'POST /v1/annotate HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n{"text": "'
Start = Callable[..., subprocess.Popen[bytes]]


@dataclass
class Service:
    """A running service."""

    process: subprocess.Popen[bytes]
    log: Path
    first_ready: httpx.Response
    client: httpx.Client

    @property
    def address(self) -> str:
        return str(self.client.base_url).rstrip("/")

    def annotate(self, value: Any, **options: Any) -> httpx.Response:
        return self.client.post("/v1/annotate", json=value, **options)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]

    def statuses(self) -> set[int]:
        return {line["status"] for line in self.lines() if line["event"] == "request"}

    def socket(self) -> socket.socket:
        return socket.create_connection((self.client.base_url.host, self.client.base_url.port or 0), timeout=10)


def opened(start: Start, log: Path, index: Path, *arguments: object) -> Service:
    """Start a service, and wait until it is ready."""
    command = ("kgmner-serve", index, "--port", 0, *arguments)
    process = start(*command, stdin=subprocess.DEVNULL)
    first = json.loads(process.stderr.readline())
    assert first["event"] == "listening", first
    client = httpx.Client(base_url=first["address"], timeout=30)
    threading.Thread(target=copy_lines, args=(process, log), daemon=True).start()
    ready = first_ready = client.get("/v1/ready")
    while ready.status_code == 503 and process.poll() is None:
        time.sleep(0.1)
        ready = client.get("/v1/ready")
    assert ready.status_code == 200, ready.text
    return Service(process, log, first_ready, client)


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for what the log will say in a moment."""
    for _ in range(1000):
        if is_so():
            return
        time.sleep(0.1)
    raise AssertionError("it is not so after 100 s")


def copy_lines(process: subprocess.Popen[bytes], log: Path) -> None:
    with log.open("wb", buffering=0) as file:
        for line in process.stderr:
            file.write(line)
    process.stderr.close()


def end(service: Service) -> int:
    service.client.close()
    service.process.send_signal(signal.SIGTERM)
    status = service.process.wait(30)
    service.process.stdout.close()
    return status


@pytest.fixture(scope="module")
def pictures() -> Iterator[PictureServer]:
    with picture_server() as running:
        yield running


@pytest.fixture(scope="module")
def service(start: Start, index: Path, pictures: PictureServer, tmp_path_factory) -> Iterator[Service]:
    """A service that may fetch pictures from one host."""
    log = tmp_path_factory.mktemp("service") / "log"
    fetching = ("--fetch-images", "--contact", "me@example.org", "--image-host", pictures.host)
    service = opened(start, log, index, *LIMITS, "--timeout", 25, *fetching)
    yield service
    if service.process.poll() is None:
        end(service)


def error_of(answer: httpx.Response) -> dict[str, Any]:
    """The error that was answered, in the one form."""
    error = answer.json()["error"]
    assert set(error) == {"status", "value", "expected", "fix"}
    assert error["status"] == answer.status_code
    assert all(error[name] for name in ("expected", "fix"))
    return error


def as_sent(line: str, folder: Path) -> dict[str, Any]:
    """A post of a file as a client sends it: with its picture in it."""
    post = json.loads(line)
    if post.get("image"):
        file = folder / post["image"]
        post["image"] = base64.b64encode(file.read_bytes()).decode() if file.is_file() else None
    return post


@pytest.fixture(scope="module", autouse=True)
def slow(service: Service) -> Iterator[list[socket.socket]]:
    """Clients that send half a body, half a head, nothing, or half a second head, and no more while the others ask."""
    with service.socket() as body, service.socket() as head, service.socket() as silent, service.socket() as second:
        second.sendall(b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n")
        while not second.recv(65536).endswith(b"}"):
            pass
        for client, sent in ((body, HALF), (head, HALF[:40]), (silent, b""), (second, HALF[:40])):
            client.settimeout(60)
            client.sendall(sent)
        yield [body, head, silent, second]


def test_it_says_503_until_it_is_ready(service: Service) -> None:
    assert service.first_ready.status_code == 503
    assert int(service.first_ready.headers["Retry-After"]) > 0
    assert error_of(service.first_ready)["value"] == "starting"
    assert service.client.get("/v1/health").json() == {"state": "ready"}
    assert service.client.get("/v1/ready").json()["state"] == "ready"
    wait_until(lambda: "ready" in {line["event"] for line in service.lines()})


def test_posts_are_answered_as_the_command_writes_them(service: Service, posts: Path, linked: bytes) -> None:
    sent = [as_sent(line, posts.parent) for line in posts.read_text("utf-8").splitlines()]
    answers = [
        answer for place in range(0, len(sent), 3) for answer in service.annotate(sent[place : place + 3]).json()
    ]
    expected = [json.loads(line) for line in linked.splitlines()]
    assert len(answers) == len(expected)
    for answer, result, post in zip(answers, expected, sent, strict=True):
        gone = {"image", "image_error"} if not post.get("image") else {"image"}
        if not post.get("image") and result["image"]:
            continue  # its picture is not there to be sent
        assert {k: v for k, v in answer.items() if k not in gone} == {k: v for k, v in result.items() if k not in gone}
    assert any(answer["pictured"] for answer in answers)


def test_one_post_is_one_object_and_a_form_may_upload_its_picture(service: Service, posts: Path) -> None:
    assert service.annotate({"text": "Chad looks great"}).json()["mentions"][0]["entity"]["label"] == "Chad"
    content = (posts.parent / "images" / "chad-drummer.jpg").read_bytes()
    told = service.client.post(
        "/v1/annotate?explain=true", data={"text": "Chad looks great", "id": "a"}, files={"image": ("x.jpg", content)}
    ).json()
    assert (told["id"], told["pictured"]["label"]) == ("a", "Chad Smith")
    assert told["mentions"][0]["why"]
    plain = service.client.post("/v1/annotate", data={"text": "Chad looks great"}, files={"image": ("", b"")})
    assert plain.json()["image_error"] is None


def test_a_bad_post_of_a_list_has_its_error_in_its_place_and_the_others_go_on(service: Service) -> None:
    deep: Any = []
    for _ in range(300):
        deep = [deep]
    sent = [
        {"text": "Chad"},
        5,
        {"txt": "Chad"},
        {"text": "x" * 2001},
        {"tokens": ["Mali"], "own": deep},
        {"text": "\ud83d"},
        {"text": "é" * 1900},
    ]
    answers = service.client.post("/v1/annotate", content=json.dumps(sent)).json()
    assert [answer.get("error", {}).get("status") for answer in answers] == [None, 422, 422, 413, None, None, None]
    assert answers[0]["mentions"]
    assert answers[4]["own"] == deep
    assert service.client.post("/v1/annotate", content=b"[]").json() == []


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'\xef\xbb\xbf{"text": "Chad\\nlooks great"}', "application/json"),
        (b'{\r\n"text": "Chad\\r\\nlooks great"\r\n}\r\n', "application/json; charset=utf-8"),
        (b' {"text": "Chad looks great"}', "application/x-www-form-urlencoded"),  # curl -d without a header
        ('{"text": "Chad 🎉"}'.encode("utf-16"), "application/ld+json"),
    ],
)
def test_json_as_people_send_it(service: Service, content: bytes, kind: str) -> None:
    answer = service.client.post("/v1/annotate", content=content, headers={"Content-Type": kind})
    assert answer.json()["mentions"][0]["text"] == "Chad"


def test_what_has_no_words_has_no_mentions(service: Service) -> None:
    given = [{"text": "🎉🇹🇩👩‍👩‍👧"}, {"text": " \r\n"}, {"text": ""}, {"tokens": []}]
    assert [answer["mentions"] for answer in service.annotate(given).json()] == [[]] * 4


@pytest.mark.parametrize(
    ("status", "request_"),
    [
        (400, {"content": b"{"}),
        (400, {"content": b'{"text": NaN}'}),
        (400, {"content": b"[" * 100_000}),
        (400, {"content": b"\xff"}),
        (400, {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}),
        (413, {"content": b'{"text": "' + b"a" * 500_000 + b'"}'}),
        (413, {"content": (b" " * 65536 for _ in range(30_000))}),
        (413, {"json": [{"text": ""}] * 41}),
        (415, {"content": b"{}", "headers": {"Content-Type": "application/xml"}}),
        (415, {"content": b"{}", "headers": {"Content-Encoding": "gzip"}}),
        (422, {"json": {"text": 5}}),
        (422, {"json": "Chad"}),
        (422, {"data": {"caption": "x"}}),
        (422, {"data": {"text": ["Chad", "Jakarta"]}}),
        (422, {"data": {"text": "x"}, "files": [("image", ("a.gif", b"a")), ("image", ("b.gif", b"b"))]}),
        (422, {"data": {"text": "x"}, "files": [("image", ("a.gif", b"a")), ("photo", ("b.gif", b"b"))]}),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_form(service: Service, status: int, request_: dict) -> None:
    try:
        answer = service.client.post("/v1/annotate", **request_)
    except httpx.WriteError:  # it was told and has hung up while the rest was still being sent
        assert status == 413
        return
    assert answer.status_code == status
    error_of(answer)


def test_other_addresses_and_methods_are_refused_in_the_same_form(service: Service) -> None:
    assert error_of(service.client.get("/v1/nothing"))["status"] == 404
    answer = service.client.get("/v1/annotate")
    assert (error_of(answer)["expected"], answer.headers["Allow"]) == ("POST", "POST")
    assert error_of(service.client.post("/v1/annotate?explain=perhaps", json={"text": "x"}))["status"] == 422


def test_a_slash_behind_an_address_changes_nothing_and_the_head_alone_may_be_asked_for(service: Service) -> None:
    assert (
        service.client.post("/v1/annotate/", json={"text": "Chad"}).json() == service.annotate({"text": "Chad"}).json()
    )
    for path in ("/", "/v1/health", "/v1/ready/", "/metrics", "/rest/annotate?text=Chad"):
        answer = service.client.head(path)
        assert (answer.status_code, answer.content) == (200, b"")
    assert service.client.head("/v1/annotate").status_code == 405
    assert [line for line in service.lines() if line.get("method") == "HEAD"]


def test_an_empty_file_is_a_picture_that_cannot_be_used_and_none_chosen_is_none(service: Service) -> None:
    for name, error in (("a.gif", "is an empty file"), ("", None)):
        form = {"data": {"text": "Chad"}, "files": {"image": (name, b"", "application/octet-stream")}}
        assert service.client.post("/v1/annotate", **form).json().get("image_error") == error


def test_a_body_that_is_said_to_be_too_large_is_not_read(service: Service) -> None:
    with service.socket() as client:
        client.sendall(b"POST /v1/annotate HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000000\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_more_than_may_wait_is_refused_and_what_waits_is_answered(service: Service) -> None:
    batch = [{"text": f"Chad {number} and Mali and Jakarta"} for number in range(40)]
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: service.annotate(batch), range(6)))
    statuses = [answer.status_code for answer in answers]
    assert 429 in statuses
    assert set(statuses) <= {200, 429, 503}  # 503: a busy machine finds no time
    for answer in answers:
        if answer.status_code == 200:
            assert len(answer.json()) == 40
        else:
            assert int(answer.headers["Retry-After"]) > 0
            error_of(answer)


def test_who_leaves_is_forgotten(service: Service) -> None:
    with service.socket() as leaves:
        leaves.sendall(HALF)
    assert service.annotate({"text": "Chad"}).status_code == 200
    wait_until(lambda: 499 in service.statuses())


def test_no_file_is_read_and_only_allowed_addresses_are_asked(service: Service, posts: Path, pictures) -> None:
    file = str(posts.parent.resolve() / "images" / "chad-drummer.jpg")
    names = ("image", "IMAGE", "image_path", "photo", "media_url")
    given = [{"text": "Chad", name: file} for name in names]
    given += [{"text": "Chad", "image": {"path": file}}, {"text": "Chad", "image": f"file://{file}"}]
    given += [{"text": "Chad", "entities": {"media": [{"media_url_https": file}]}}]
    for answer in service.annotate(given).json():
        assert (answer["pictured"], answer["attributes"]) == (None, [])
        assert "no file is read" in answer["image_error"]
    pictures.answers["A.png"] = [Answer(png())]
    fetched, refused = service.annotate(
        [{"text": "Chad", "image": pictures.source("A.png")}, {"text": "Chad", "image": "http://evil.example/x.png"}]
    ).json()
    assert fetched["image_error"] is None
    assert fetched["attributes"]
    assert "evil.example" in refused["image_error"]


def test_what_openapi_shows_can_be_sent(service: Service) -> None:
    page = service.client.get("/openapi.json").json()
    body = page["paths"]["/v1/annotate"]["post"]["requestBody"]["content"]["application/json"]
    for name, example in body["examples"].items():
        assert service.annotate(example["value"]).status_code == 200, name
    parameters = page["paths"]["/spotlight/annotate"]["get"]["parameters"]
    asked = {one["name"]: one["example"] for one in parameters if "example" in one}
    assert service.client.get("/spotlight/annotate", params=asked | {"confidence": 0.1}).json()["Resources"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_commands_of_the_page_run(service: Service, posts: Path, tmp_path: Path) -> None:
    shutil.copy(posts.parent / "images" / "chad-flag.jpg", tmp_path / "flag.jpg")
    page = (Path(__file__).parents[2] / "docs" / "service.md").read_text("utf-8")
    [block] = re.findall(r"^```sh\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    place = service.address.removeprefix("http://")
    commands = [shlex.split(line.replace("localhost:8000", place)) for line in block.splitlines()]
    told = [subprocess.run(line, cwd=tmp_path, capture_output=True, check=True).stdout for line in commands]
    one, several, form, ready = map(json.loads, told[:-1])
    assert one["mentions"][0]["entity"]["label"] == "Chad"
    assert several[0]["mentions"][0]["entity"]["label"] == "Jakarta"
    [shown] = re.findall(r"^```json\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert several[1] == json.loads(shown)
    assert form["pictured"]["label"] == "Chad"
    assert ready["state"] == "ready"
    assert b"kgmner_requests_total" in told[-1]


def test_spotlight_s_json_is_as_spotlight_s(service: Service) -> None:
    asked = {"text": "🎉 Chad looks great", "confidence": "0.1"}
    said = service.client.get("/spotlight/annotate", params=asked).json()
    [resource] = said.pop("Resources")
    assert said == {
        "@text": asked["text"],
        "@confidence": "0.1",
        "@support": "0",
        "@types": "",
        "@sparql": "",
        "@policy": "whitelist",
    }
    assert resource["@URI"] == "http://dbpedia.org/resource/Chad"
    assert (resource["@surfaceForm"], resource["@offset"]) == ("Chad", "2")
    assert {"DBpedia:Place", "Schema:Place"} <= set(resource["@types"].split(","))
    assert all(isinstance(value, str) for value in resource.values())
    assert 0.1 <= float(resource["@similarityScore"]) <= 1
    assert 0 <= float(resource["@percentageOfSecondRank"]) <= 1
    assert int(resource["@support"]) > 0
    for path in ("/rest/annotate", "/spotlight/rest/annotate"):
        assert service.client.post(path, data=asked).json()["Resources"] == [resource]


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        ({"types": "DBpedia:Place"}, True),
        ({"types": "Place,Person"}, True),
        ({"types": "DBpedia:Person"}, False),
        ({"types": "DBpedia:Person", "policy": "blacklist"}, True),
        ({"types": "schema:place", "policy": "blacklist"}, False),
        ({"support": 100_000}, False),
        ({"confidence": 1}, False),
    ],
)
def test_spotlight_s_filters(service: Service, asked: dict[str, Any], is_found: bool) -> None:
    said = service.client.get("/spotlight/annotate", params={"text": "Chad looks great", "confidence": 0.1} | asked)
    assert ("Resources" in said.json()) == is_found


@pytest.mark.parametrize(
    ("status", "asked", "accept"),
    [
        (400, {}, "*/*"),
        (400, {"text": "x", "confidence": "high"}, "*/*"),
        (400, {"text": "x", "confidence": "nan"}, "*/*"),
        (400, {"text": "x", "confidence": "50"}, "*/*"),
        (422, {"text": ["x", "y"]}, "*/*"),
        (400, {"text": "x", "policy": "none"}, "*/*"),
        (400, {"text": "x", "sparql": "select"}, "*/*"),
        (406, {"text": "x"}, "text/turtle"),
    ],
)
def test_spotlight_s_mistakes(service: Service, status: int, asked: dict[str, str], accept: str) -> None:
    answer = service.client.get("/spotlight/annotate", params=asked, headers={"Accept": accept})
    assert answer.status_code == status
    error_of(answer)


def test_pyspotlight_works_unchanged(service: Service) -> None:
    spotlight = pytest.importorskip("spotlight", reason="needs pyspotlight")
    [found] = spotlight.annotate(f"{service.address}/rest/annotate", "Chad looks great", confidence=0.1, support=1)
    assert (found["URI"], found["offset"]) == ("http://dbpedia.org/resource/Chad", 0)
    assert isinstance(found["similarityScore"], float)
    only = {"types": "DBpedia:Person"}
    with pytest.raises(spotlight.SpotlightException, match="No Resources"):
        spotlight.annotate(f"{service.address}/spotlight/annotate", "Chad looks great", filters=only)


def test_spacy_dbpedia_spotlight_works_unchanged(service: Service, capfd) -> None:
    spacy = pytest.importorskip("spacy", reason="needs spaCy")
    pytest.importorskip("spacy_dbpedia_spotlight", reason="needs spacy-dbpedia-spotlight")
    nlp = spacy.blank("en")
    config = {"dbpedia_rest_endpoint": f"{service.address}/spotlight", "confidence": 0.1}
    nlp.add_pipe("dbpedia_spotlight", config=config)
    [entity] = nlp("Chad looks great").ents
    assert (entity.text, entity.kb_id_) == ("Chad", "http://dbpedia.org/resource/Chad")
    assert entity._.dbpedia_raw_result["@offset"] == "0"


def test_the_log_is_json_and_says_nothing_of_what_posts_say(service: Service) -> None:
    service.annotate({"text": f"{SECRET} looks great", "id": SECRET, "image": SECRET})
    service.client.get("/spotlight/annotate", params={"text": SECRET, "confidence": SECRET})
    service.client.get(f"/{SECRET}")
    service.client.post("/v1/annotate", content=f'{{"{SECRET}'.encode())
    service.client.post("/card", data={"text": SECRET})
    lines = service.lines()
    assert {"time", "level", "event", "method", "path", "status", "bytes", "ms", "process"} <= set(lines[-1])
    assert SECRET not in service.log.read_text("utf-8")


def test_metrics_count_requests_and_posts(service: Service) -> None:
    service.annotate([{"text": "Chad"}, {}])
    text = service.client.get("/metrics").text
    told = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(told['kgmner_requests_total{path="/v1/annotate",status="200"}']) > 0
    assert float(told['kgmner_posts_total{outcome="read"}']) > 0
    assert float(told['kgmner_posts_total{outcome="bad"}']) > 0
    assert float(told["kgmner_posts_waiting"]) == 0
    assert float(told["kgmner_posts_at_once_count"]) > 0


def test_who_is_slow_is_told(service: Service, slow: list[socket.socket]) -> None:
    assert [client.recv(65536)[:13] for client in slow] == [b"HTTP/1.1 408 "] * 4
    wait_until(lambda: 408 in service.statuses())
    told = service.client.get("/metrics").text
    assert 'kgmner_requests_total{path="other",status="408"} 3.0' in told


def workers_of(service: Service) -> list[int]:
    """The workers that became ready, in their order."""
    return [line["process"] for line in service.lines() if line["event"] == "ready"]


@pytest.fixture(scope="module")
def several(start: Start, index: Path, tmp_path_factory) -> Iterator[Service]:
    """A service of two workers, whose posts have other fields."""
    called = ("--field", "text=body", "--field", "image=pic")
    service = opened(start, tmp_path_factory.mktemp("several") / "log", index, "--workers", 2, *called)
    wait_until(lambda: len(workers_of(service)) == 2)
    yield service
    if service.process.poll() is None:
        end(service)


def ask_in_the_middle(service: Service, answers: list[httpx.Response]) -> threading.Thread:
    """Somebody who asks much, and by now waits."""

    def ask() -> None:
        with suppress(httpx.TransportError):
            answers.append(service.annotate(batch))

    batch = [{"tweet_id": number, "body": f"Chad {number} and Mali and Jakarta"} for number in range(100)]
    asking = threading.Thread(target=ask)
    asking.start()
    while asking.is_alive() and "kgmner_posts_waiting 0.0" in service.client.get("/metrics").text:
        time.sleep(0.01)  # of both workers, whoever answers
    assert asking.is_alive()
    return asking


def test_fields_are_called_otherwise_in_posts_alone(several: Service, posts: Path) -> None:
    picture = base64.b64encode((posts.parent / "images" / "chad-drummer.jpg").read_bytes() + bytes(30_000)).decode()
    answer = several.annotate({"body": "Chad looks great", "pic": picture}).json()
    assert answer["pictured"]["label"] == "Chad Smith"
    html = "<p>Chad looks great</p>"
    said = several.client.get("/spotlight/annotate", params={"text": html, "confidence": 0.1}).json()
    assert (said["@text"], said["Resources"][0]["@offset"]) == (html, "3")
    assert several.client.post("/card", data={"text": html}).status_code == 200


def test_pictures_of_a_request_are_fetched_by_one_fetcher_until_there_is_no_time(tmp_path: Path) -> None:
    from kgmner import ServiceSettings
    from kgmner.service.errors import ServiceError
    from kgmner.service.posts_in_requests import fetched
    from linker import Post

    asked: list[list[str]] = []

    def fetch(posts: Any) -> Iterator[Post]:
        given = list(posts)
        asked.append([post.image_url for post in given])
        yield from given

    bad = ServiceError(422, "", "", "")
    given = [
        Post("1", ("a",), image_url="http://x/1"),
        bad,
        Post("2", ("b",)),
        Post("3", ("c",), image_url="http://x/3"),
    ]
    assert fetched(given, ServiceSettings(index=tmp_path, fetch=fetch)) == given
    late = fetched(given, ServiceSettings(index=tmp_path, fetch=fetch, timeout_s=0))
    assert asked == [["http://x/1", "", "http://x/3"], ["", "", ""]]
    assert ["others took too long" in post.image_error for post in late if isinstance(post, Post)] == [
        True,
        False,
        True,
    ]


def test_workers_that_are_killed_are_started_anew_and_nobody_waits_in_them(several: Service) -> None:
    answers: list[httpx.Response] = []
    asking = ask_in_the_middle(several, answers)
    for worker in workers_of(several):
        os.kill(worker, signal.SIGKILL)
    asking.join(30)
    assert not answers
    wait_until(lambda: len(workers_of(several)) == 4)
    assert "kgmner_posts_waiting 0.0" in several.client.get("/metrics").text


def test_sigterm_in_the_middle_loses_nothing_that_was_accepted(several: Service) -> None:
    answers: list[httpx.Response] = []
    asking = ask_in_the_middle(several, answers)
    several.process.send_signal(signal.SIGTERM)
    asking.join(30)
    assert [answer["id"] for answer in answers[0].json()] == list(range(100))
    assert end(several) == 0


def test_mistakes_of_the_command_are_one_line(run, index: Path, tmp_path: Path) -> None:
    told = run("kgmner-serve", tmp_path / "nothing")
    assert told.exit_code == 1
    assert "build-kg-index" in told.stderr
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = run("kgmner-serve", index, "--port", taken.getsockname()[1])
    assert told.exit_code == 1
    assert "ddress already in use" in told.stderr
    assert len(told.stderr.splitlines()) == 1


def test_a_tagger_that_cannot_be_loaded_ends_the_service_with_the_reason(start: Start, index: Path, tmp_path) -> None:
    process = start("kgmner-serve", index, "--port", 0, "--tagger", tmp_path / "none", "-q")
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert str(tmp_path / "none") in told.decode().splitlines()[-1]
