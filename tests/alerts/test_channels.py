"""Messages reach real servers; what fails is told without what is secret."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.alerts.sinks import mail_sink, sink
from tests.alerts.test_message import change, message
from tests.running import windvane
from tests.servers.process import free_port
from windvane.dashboards.alerts.change import State
from windvane.dashboards.alerts.channels import check_url, send
from windvane.dashboards.alerts.rule import Channel
from windvane.errors import NotifyError

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/"


def channel(url: str, name: str = "chat") -> Channel:
    return Channel(name=name, url=url)


def test_a_webhook_gets_text_for_people_and_facts_for_programs() -> None:
    told = message(change(), change(alert="a2"))
    with sink() as there:
        send(channel(there.url), told)
    [body], [headers] = there.bodies, there.headers
    assert body["title"] == told.title and body["message"] == told.body and body["type"] == "failure"
    assert {name: body[name] for name in told.facts} == told.facts
    assert headers["Idempotency-Key"] == "n-17"


def test_a_webhook_can_be_asked_for_its_own_headers_and_fields() -> None:
    with sink() as there:
        send(channel(there.url + "?+X-Key=abc&:team=retail&:message=text"), message(change()))
    assert there.headers[0]["X-Key"] == "abc"
    assert there.bodies[0]["team"] == "retail" and there.bodies[0]["text"].startswith("FIRING")


def test_a_mail_is_the_text_and_nothing_in_it_is_a_tag() -> None:
    typed = '<script>alert(1)</script> <img src="https://evil.example/x.png">'
    told = message(change(typed, labels={"user": typed}))
    with mail_sink() as there:
        send(channel(there.url), told)
    [mail] = there.mails
    assert mail["Subject"] == told.title and mail["X-Windvane-Notification"] == "n-17"
    assert mail["To"] == "oncall@shop.example"
    parts = {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}
    assert parts, "there is a body"
    for kind, content in parts.items():
        assert "alert(1)" in content and "Since 2026-11-30 11:55:00" in content.replace("&nbsp;", " ")
        if kind == "text/html":
            assert "<script" not in content and "<img" not in content


def test_slack_mentions_nobody_because_of_what_somebody_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = posted(monkeypatch)
    for url in (SLACK, SLACK + "?blocks=yes", SLACK + "?format=markdown"):
        send(channel(url), message(change("<!channel> <@U1234> <https://evil.example|here> & all")))
    assert len(sent) == 3
    for body in sent:
        assert not any(mark in body for mark in ("<!", "<@", "<http")) and "&lt;" in body and "&amp; all" in body


@pytest.mark.parametrize(
    "url",
    ["discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", "workflows://prod.example:443/643e69ff603489d/8e07/"],
)
def test_no_other_chat_does_either(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    sent = posted(monkeypatch)
    send(channel(url), message(change("@everyone <at>boss</at> <@42> [bill](https://evil.example)")))
    assert len(sent) == 1
    assert not any(mark in sent[0] for mark in ("@everyone", "<at>", "<@42", "](http"))


def test_an_incident_service_keeps_one_incident_per_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = posted(monkeypatch, parsed=True)
    pager = channel("pagerduty://routingkey@apikey")
    send(pager, message(change(), change(alert="a2")))
    send(pager, message(change(state=State.RESOLVED)))
    assert [(event["event_action"], event["dedup_key"]) for event in sent] == [
        ("trigger", "errors/a1"),
        ("trigger", "errors/a2"),
        ("resolve", "errors/a1"),
    ]
    assert sent[0]["payload"]["severity"] == "critical"
    assert sent[0]["payload"]["custom_details"]["says"] == "12 % of shop's calls fail"


def test_a_service_with_less_room_gets_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = posted(monkeypatch, parsed=True)
    storm = message(*(change("x" * 400, alert=str(number)) for number in range(30)))
    send(channel("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"), storm)
    [body] = sent
    assert len(body["content"]) <= 2000 and "[critical] 30 alerts" in body["content"]


@pytest.mark.parametrize(
    ("status", "permanent"),
    [(500, False), (503, False), (429, False), (408, False), (404, True), (401, True), (302, True)],
)
def test_an_error_says_whether_another_attempt_can_mend_it(status: int, permanent: bool) -> None:
    with sink(status) as there, pytest.raises(NotifyError, match=f"error={status}") as caught:
        send(channel(there.url), message(change()))
    assert caught.value.permanent is permanent
    assert len(there.bodies) == 1, "a redirect is not followed"


def test_an_error_tells_the_reason_and_no_secret(capfd: pytest.CaptureFixture[str]) -> None:
    secret = f"json://user:pa55word@127.0.0.1:{free_port()}/hidden%20path/t0ken?+X-Key=abc123&:other=hush456"
    everything = logging.StreamHandler()
    logging.getLogger().addHandler(everything)
    with pytest.raises(NotifyError) as caught:
        send(channel(secret), message(change()))
    logging.getLogger().removeHandler(everything)
    told = str(caught.value)
    assert told.startswith("channel chat (json://…) did not take the message: ") and "Connection refused" in told
    out, err = capfd.readouterr()
    # The host, too: where others have it, some services have a token.
    for hidden in ("pa55word", "127.0.0.1", "hidden", "t0ken", "abc123", "hush456"):
        assert hidden not in told + out + err


def test_a_refused_mail_is_an_error() -> None:
    with mail_sink(refuses=True) as there, pytest.raises(NotifyError, match="did not take the message"):
        send(channel(there.url), message(change()))


def test_a_channel_that_takes_no_answer_is_not_waited_for() -> None:
    with dripping() as port:
        slow = channel(f"json://127.0.0.1:{port}/hook", "slow")
        with pytest.raises(NotifyError, match=r"did not answer in 0\.1 s") as caught:
            send(slow, message(change()), timeout_s=0.1)
        assert not caught.value.permanent
        with pytest.raises(NotifyError, match="has not yet answered the attempt before"):
            send(slow, message(change()), timeout_s=0.1)


def test_nothing_is_left_on_the_disk_or_read_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home))
    with sink() as there, mail_sink() as mails:
        send(channel(there.url), message(change()))
        send(channel(mails.url), message(change()))
    assert list(home.rglob("*")) == []
    assert there.bodies[0]["attachments"] == []


@pytest.mark.parametrize(
    "url",
    [
        SLACK,
        "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "mailtos://user:pass@mail.example?to=a@b.example",
        "pagerduty://routingkey@apikey",
        "workflows://prod.example:443/643e69ff603489d/8e07/",
        "jsons://hooks.shop.example/alerts?+Authorization=Bearer%20abc",
    ],
)
def test_the_urls_in_the_docs_are_sound(url: str) -> None:
    assert check_url(url) is None


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("slak://TokenA/TokenB/s3cret", "Did you mean slack://"),
        ("msteams://TokenA/s3cret", "Did you mean workflows://"),
        ("https://hooks.shop.example/s3cret", "write jsons://"),
        ("slack://TokenA/s3cret", "form of slack://"),
        ("s3cret", "it is no URL"),
        ("", "it is no URL"),
        ("json://[s3cret", "form of json://"),
        ("file:///etc/s3cret", "Apprise knows no file://"),
        (SLACK + "?template=/etc/s3cret", "read files"),
        (SLACK + "?template=https://evil.example/s3cret", "read files"),
        ("mailto://u:pass@mail.example?to=a@b.example&pgp=encrypt&pgppub=/etc/s3cret", "read files"),
    ],
)
def test_a_wrong_url_is_told_and_not_shown(url: str, says: str) -> None:
    wrong = check_url(url)
    assert wrong and says in wrong and "s3cret" not in wrong
    with pytest.raises(NotifyError) as caught:
        send(channel(url), message(change()))
    assert caught.value.permanent and "s3cret" not in str(caught.value)


def test_a_channel_is_tried_from_the_command_line(tmp_path: Path) -> None:
    with sink(200, 404) as there:
        rules = tmp_path / "rules.toml"
        rules.write_text(f'[[channel]]\nname = "chat"\nurl = "{there.url}/t0ken"\n')
        done = windvane("alerts", "send", "chat", "--rules", rules)
        assert done.stdout == "channel chat took the message\n"
        failed = windvane("alerts", "send", "chat", "--rules", rules, check=False)
        by_url = windvane("alerts", "send", "--url", there.url)
        unknown = windvane("alerts", "send", "chad", "--rules", rules, check=False)
    assert failed.returncode == 1 and failed.stdout == ""
    assert "channel chat (json://…) did not take the message" in failed.stderr and "error=404" in failed.stderr
    assert "t0ken" not in failed.stderr + done.stderr
    assert "took the message" in by_url.stdout
    assert unknown.returncode == 1 and "there is no channel chad: the rules files have chat" in unknown.stderr
    assert len(there.bodies) == 3 and {body["state"] for body in there.bodies} == {"resolved"}


def posted(monkeypatch: pytest.MonkeyPatch, *, parsed: bool = False) -> list[Any]:
    """Keep what would be posted to a service of the internet, and answer as it does."""
    import json

    import requests

    sent: list[Any] = []

    def post(_: object, method: str, url: str, data: Any = None, **__: Any) -> requests.Response:
        # As it is read at the other end: escapes of JSON undone.
        sent.append(json.loads(data) if parsed else json.dumps(json.loads(data), ensure_ascii=False))
        answer = requests.Response()
        answer.status_code, answer._content = 202 if "pagerduty" in url or "prod.example" in url else 200, b"ok"
        return answer

    monkeypatch.setattr(requests.Session, "request", post)
    return sent


@contextmanager
def dripping() -> Iterator[int]:
    """Answer, a byte at a time, and never to the end."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            peer, _ = server.accept()
            with peer:
                peer.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                while not done.wait(0.02):
                    peer.sendall(b"x")

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        done.set()
        thread.join()
