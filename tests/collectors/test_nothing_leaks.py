"""What is secret or personal does not get out: all that leaves the app, or the gateway for the log, is searched for it.

By hand, by instrumented libraries and through the gateway; in prose, code, JSON, URLs, base64, in several languages, in
texts of 100,000 characters. `python -m benchmarks.leaks` does the same with thousands of texts.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.leaks_paths import GATEWAY, PATHS, gateway_of, leaked
from benchmarks.leaks_texts import FORMS, KINDS, Planted, planted
from benchmarks.redaction import library, lines, of_clean
from benchmarks.redaction_texts import decoys
from tests.conftest import data_file
from tests.servers.kafka import KafkaBroker
from windvane import Client
from windvane.collectors.log.kafka import KafkaLog
from windvane.collectors.log.topics import create_topic
from windvane.collectors.redaction.kinds import Kind
from windvane.collectors.redaction.policy import Policy
from windvane.collectors.redaction.redactor import Redactor
from windvane.collectors.redaction.scanner import find

EACH = len(KINDS) * len(FORMS)
"""Texts: every kind in every form once."""


def texts(count: int, seed: int) -> list[Planted]:
    return list(planted(count, seed))


def skip_without(path: str) -> None:
    if path.startswith(("openai", "anthropic")):
        pytest.importorskip(path.partition(",")[0])


def told(found: list[Planted]) -> list[tuple[str, str, str]]:
    return [(each.kind, each.form, each.text[:300]) for each in found]


def test_all_kinds_that_there_are_are_planted_but_for_six() -> None:
    assert {*Kind} - {*KINDS} == {"ar_cuit", "be_nrn", "cl_rut", "in_aadhaar", "no_fodselsnummer", "pt_nif"}


@pytest.mark.parametrize("path", PATHS)
def test_nothing_that_was_planted_gets_out(path: str, tmp_path: Path) -> None:
    skip_without(path)
    some = texts(EACH, seed=list(PATHS).index(path))
    sent = PATHS[path]([each.text for each in some], tmp_path)
    assert sent.events == len(some), "every event has arrived"
    assert told(leaked(some, sent)) == []


@pytest.mark.parametrize("path", PATHS)
def test_the_search_finds_what_was_planted_where_nothing_is_redacted(path: str, tmp_path: Path) -> None:
    skip_without(path)
    some = [each for each in texts(len(KINDS), seed=1) if len(each.text) < 1000]
    sent = PATHS[path]([each.text for each in some], tmp_path, redaction="off")
    missing = {each.text for each in some} - {each.text for each in leaked(some, sent)}
    # A span's attributes are kept up to a size; log-probabilities are reduced to numbers whatever the redaction.
    assert len(missing) <= len(some) // 10, missing


@pytest.mark.parametrize("send", GATEWAY)
def test_nor_into_kafka_through_the_gateway(send: str, kafka: KafkaBroker) -> None:
    topic, some = f"leaks-{uuid.uuid4().hex[:12]}", texts(2 * len(KINDS), seed=9)
    create_topic(kafka.bootstrap, topic, partitions=1, replication=1, retention_h=1)
    with closing(KafkaLog(kafka.bootstrap, topic=topic)) as log:
        sent = gateway_of(log, GATEWAY[send], [each.text for each in some])
    assert sent.events == len(some) and told(leaked(some, sent)) == []


def test_what_waits_on_the_disk_is_the_user_s_alone_and_gone_once_the_app_has_ended(tmp_path: Path) -> None:
    place, some = tmp_path / "spool", texts(len(KINDS), seed=2)
    client = Client((tmp_path / "arrived").as_uri(), "shop", spool_dir=place, redaction=Policy(key=b"k"))
    for each in some:
        client.emit(prompt=each.text, user=each.text)
    kept = [path for path in place.rglob("*") if path.name[0] != "."]
    assert any(path.suffix == ".seg" for path in kept)
    assert [path for path in kept if path.stat().st_mode & 0o077 and path.parent != place] == []
    assert client.shutdown(30)
    assert [path for path in place.rglob("*") if path.is_file()] == []


@pytest.fixture(scope="module")
def chunks() -> Iterator[list[str]]:
    yield list(library())[::3]


def test_clean_prose_and_code_are_left_alone(chunks: list[str]) -> None:
    import random

    prose = lines(data_file("alpaca_eval/gpt4_0613.jsonl"), "output")
    for what, some in (("prose", prose), ("code", chunks), ("decoys", list(decoys(900, seed=3)))):
        found = of_clean(some, find, random.Random(1))
        assert found["false"] <= 0.005, (what, found)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("- name: API_KEY\n  value: {}\nas of", "SJHYRxwYJCtjTeDuyAZyplRdOzIhhBcQYsLaYliH"),
        ("the password for the db is {}\nas of", "aB3x!9kQ2zz"),
        ("| password | {}\n | next", "aB3x!9kQ2zz"),
    ],
)
def test_a_secret_is_found_in_json_in_json_too(text: str, secret: str) -> None:
    said = text.format(secret)
    for _ in range(4):
        said = json.dumps({"note": said, "n": 7})
        assert secret not in Redactor(Policy()).text(said)[0]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("curl -u ann:aB3x!9kQ2 https://h.example", "curl -u ann:[PASSWORD] https://h.example"),
        ("machine h login ann password aB3x!9kQ2", "machine h login ann password [PASSWORD]"),
        ("<apiKey>aB3x!9kQ2</apiKey>", "<apiKey>[PASSWORD]</apiKey>"),
        ("它是SIN 046454286。", "它是SIN [CA_SIN]。"), ("user_nhs: 9434765919", "user_nhs: [UK_NHS]"),
        ("NHS number 1506533051", "NHS number [UK_NHS]"), ("これは75790703Eです", "これは[ES_DNI]です"),
        (r"\u7535\u8bdd:13812345678", r"\u7535\u8bdd:[PHONE]"),
        ("?q=call+me+at+9602+7133&p=2", "?q=call+me+at+[PHONE]&p=2"),
        ("?next=%2Fa%3Fto%3Dann%2540b.example%26x", "?next=%2Fa%3Fto%3D[EMAIL]%26x"),
        ("%E5%AE%83sk-proj-4fq09Zk2mPq8LwXyz01AbCdEf%E3%80%82", "%E5%AE%83[PROVIDER_KEY]%E3%80%82"),
        ("(b'x-api-key', b'a1b2c3d4e5f6a7b8c9')", "(b'x-api-key', b'[SECRET]')"),
        ("as YW5uQHNob3AuZXhhbXBsZQ== it came", "as [EMAIL]== it came"),
        ("key=not-a-secret&sort=up", "key=not-a-secret&sort=up"), ("aGVsbG8gd29ybGQsIGhvdyBhcmU=", None),
        ("mysql -u root -pwinter2023 shop", "mysql -u root -p[PASSWORD] shop"),
        ("docker login -u ann -p winter2023 r.example", "docker login -u ann -p [PASSWORD] r.example"),
        ("db.example:5432:shop:app:aB3x!9kQ2", "db.example:5432:shop:app:[PASSWORD]"),
        ('<add key="password" value="aB3x!9kQ2"/>', '<add key="password" value="[PASSWORD]"/>'),
        ("- name: DB_PASSWORD\n  value: winter2023", "- name: DB_PASSWORD\n  value: [PASSWORD]"),
        ("| password | aB3x!9kQ2 |", "| password | [PASSWORD] |"), ("密码是aB3x!9kQ2", "密码是[PASSWORD]"),
        ("the password for the db is aB3x!9kQ2.", "the password for the db is [PASSWORD]."),
        ("CREATE USER 'a'@'h' IDENTIFIED BY 'winter2023';", "CREATE USER 'a'@'h' IDENTIFIED BY '[PASSWORD]';"),
        (r'"\u306fpw=aB3x!9kQ2"', r'"\u306fpw=[PASSWORD]"'),
        ("(n, password) VALUES ('ann', 'aB3x!9kQ2')", "(n, password) VALUES ('ann', '[PASSWORD]')"),
        ("&quot;password&quot;: &quot;aB3x!9kQ2&quot;", "&quot;password&quot;: &quot;[PASSWORD]&quot;"),
        ("vercel --token 4fq09Zk2mPq8LwXyz01A", "vercel --token [SECRET]"),
        ("**API key:** `4fq09Zk2mPq8LwXyz01A`", "**API key:** `[SECRET]`"),
        ("Authorization: Splunk 4fq09Zk2mPq8LwXyz01A", "Authorization: Splunk [AUTHORIZATION]"),
        ('Authorization: Digest username="ann", nonce="4fq09Zk2mPq8"', "Authorization: Digest [AUTHORIZATION]"),
        ("q=4111+1111+1111+1111&page=2", "q=[CARD]&page=2"), ("ITIN 912-78-2100", "ITIN [US_SSN]"),
        ("mkdir -p build/v2 && ssh -p 2222 h", None), ("docker run -p 8080:80 -u 1000:1000 web:1.2", None),
        ("The password must have 12 characters: letters, digits (0-9) and one of #?!.", None),
        ("Use a password manager such as KeePassXC or 1Password.", None), ("grid[3:5000:2] = a -p2", None),
        ("the token is passed to tokenizer_v2_base_uncased", None), ("cache key: 4fq09Zk2mPq8LwXyz01A", None),
        ("class HTTPPasswordMgrWithPriorAuth(AbstractBasicAuthHandler): pass", None),
        ("printf('%5d %-20s %3d', a, b)", None), ("<password>password</password>", None),
        ("a ? b=c+d : e=f+g", None), ("https://shop.example/s?q=red+shoes+42&page=2", None),
    ],
)  # fmt: skip
def test_what_has_leaked_once_and_what_only_looks_like_it(text: str, masked: str | None) -> None:
    assert Redactor(Policy()).text(text)[0] == (text if masked is None else masked)


@pytest.mark.parametrize(
    "part",
    [
        "YW5uQHNob", "ICAg", "a/Zm9v", "%25", "%2525E5", "a+", "?a=b+", "%2B", "-u a:", ">a</p", "\\\\", "\\\\\\\\ \"",
        "login a password ", "\\u7535", "password a ", "token a A1b2C3d4E5f6G7h8I9j0 ", "mysql -p a", "a:5432:a:b:",
        "authorization: a b=\"c\", ", "(password) values ('a', ", "&quot;", "\\u5bc6\\u7801", "://a@b:", "secret=",
        "YW5uQHNob3AuZXhhbXBsZQ\n", "/A1b",
    ],
)  # fmt: skip
def test_no_text_takes_more_than_its_length_in_time(part: str) -> None:
    """A pattern that backtracks takes minutes where this takes milliseconds."""
    text = (part * (256 * 1024 // len(part) + 1))[: 256 * 1024]
    began = time.process_time()
    Redactor(Policy()).text(text)
    assert time.process_time() - began < 10


def test_base64_in_base64_is_read_in_time() -> None:
    import base64

    text = "/" + "ann@shop.example " * 20
    for _ in range(20):
        text = "/" + base64.b64encode(text.encode()).decode()[: 1 << 18]
    began = time.process_time()
    Redactor(Policy()).text(text)
    assert time.process_time() - began < 10


def test_what_is_drawn_is_drawn_by_its_seed() -> None:
    assert texts(64, seed=5) == texts(64, seed=5) != texts(64, seed=6)
