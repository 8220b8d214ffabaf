"""Every channel is told everything, once, whatever happens to the others, to it, or to us."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.alerts.sinks import mail_sink, sink
from tests.alerts.test_message import AT, change
from tests.servers.process import free_port
from windvane.dashboards.alerts.change import Notification
from windvane.dashboards.alerts.courier import Courier
from windvane.dashboards.alerts.rule import Channel
from windvane.errors import StoreUnavailable

NOW = AT.timestamp()


class FileBook:
    """A book in a file: each delivery is a line, and is there once `delivered` returns."""

    def __init__(self, path: Path, *notifications: Notification) -> None:
        self._path, self._notifications = path, notifications
        self.away = False

    def waiting(self) -> list[Notification]:
        tries = Counter((id, channel) for id, channel, _, _ in self.lines())
        over = {(id, channel) for id, channel, state, _ in self.lines() if state != "failed"}
        return [
            Notification(id=each.id, channel=each.channel, changes=each.changes, attempts=tries[each.id, each.channel])
            for each in self._notifications
            if (each.id, each.channel) not in over
        ]

    def delivered(self, notification: Notification, state: str, detail: str) -> None:
        if self.away:
            raise StoreUnavailable("the store does not answer")
        with self._path.open("a") as file:
            file.write(json.dumps([notification.id, notification.channel, state, detail]) + "\n")

    def lines(self) -> list[list[str]]:
        return [json.loads(line) for line in self._path.read_text().splitlines()] if self._path.exists() else []

    def states(self) -> list[str]:
        return [f"{id} {channel} {state}" for id, channel, state, _ in self.lines()]


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def courier(book: FileBook, urls: Mapping[str, str], clock: Clock | None = None, timeout_s: float = 10.0) -> Courier:
    channels = {name: Channel(name=name, url=url) for name, url in urls.items()}
    return Courier(channels, book, "https://windvane.example", clock or Clock(), timeout_s=timeout_s)


def told(id: str, channel: str = "hook") -> Notification:
    return Notification(id=id, channel=channel, changes=(change(),))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "book"


def test_each_is_sent_once_to_its_channel_in_order(path: Path) -> None:
    book = FileBook(path, told("n1"), told("n1", "mail"), told("n2"), told("n3"))
    with sink() as hook, mail_sink() as mail:
        channels = courier(book, {"hook": hook.url, "mail": mail.url})
        assert [channels.deliver(), channels.deliver()] == [4, 0]
        assert hook.ids == ["n1", "n2", "n3"] and len(mail.mails) == 1
    assert sorted(book.states()) == ["n1 hook sent", "n1 mail sent", "n2 hook sent", "n3 hook sent"]


def test_what_to_do_goes_along(path: Path) -> None:
    with sink() as hook:
        channels = {"hook": Channel(name="hook", url=hook.url)}
        Courier(channels, FileBook(path, told("n1")), "", Clock(), todos={"errors": "Look there."}).deliver()
        assert "What to do: Look there." in hook.bodies[0]["message"]


def test_a_channel_that_hangs_holds_no_other_up(path: Path) -> None:
    heard = threading.Event()
    book = FileBook(path, told("n1", "hangs"), told("n2", "hangs"), told("n1"))
    # It answers only when the other has heard: one after the other, it would never.
    with sink(before=lambda _: heard.wait(60)) as hangs, sink(before=lambda _: heard.set()) as hook:
        assert courier(book, {"hangs": hangs.url, "hook": hook.url}, timeout_s=30).deliver() == 3


def test_a_channel_that_never_answers_is_given_its_time_and_tried_again(path: Path) -> None:
    clock, released = Clock(), threading.Event()
    book = FileBook(path, told("n1"), told("n2"))
    with sink(before=lambda _: released.wait(60)) as hook:
        channels = courier(book, {"hook": hook.url}, clock, timeout_s=0.2)
        assert channels.deliver() == 0
        assert book.states() == ["n1 hook failed"], "and the next is not tried in the same call"
        released.set()
        clock.now += 5
        assert channels.deliver() == 2
        assert hook.ids == ["n1", "n1", "n2"]


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_what_another_attempt_may_mend_is_tried_again_with_the_same_id(path: Path, status: int) -> None:
    clock, book = Clock(), FileBook(path, told("n1"))
    with sink(status, status) as hook:
        channels = courier(book, {"hook": hook.url}, clock)
        for wait_s in (0, 5, 10):
            clock.now += wait_s
            channels.deliver()
        assert hook.ids == ["n1"] * 3 and {head["Idempotency-Key"] for head in hook.headers} == {"n1"}
    assert book.states() == ["n1 hook failed", "n1 hook failed", "n1 hook sent"]


def test_attempts_become_rarer_down_to_one_in_ten_minutes(path: Path) -> None:
    clock, book, waited = Clock(), FileBook(path, told("n1")), []
    channels = courier(book, {"hook": f"json://127.0.0.1:{free_port()}/"}, clock)
    for _ in range(10):
        begun, tried = clock.now, len(book.lines())
        while len(book.lines()) == tried:
            channels.deliver()
            clock.now += 5
        waited.append(clock.now - 5 - begun)
    # From the end of one step, 5 s after its attempt.
    assert [wait + 5 for wait in waited[1:]] == [5, 10, 20, 40, 80, 160, 320, 600, 600]
    assert set(book.states()) == {"n1 hook failed"} and "Connection refused" in book.lines()[0][3]


def test_a_new_process_tries_at_once(path: Path) -> None:
    book = FileBook(path, told("n1"))
    with sink(500) as hook:
        courier(book, {"hook": hook.url}).deliver()
        assert courier(book, {"hook": hook.url}).deliver() == 1


@pytest.mark.parametrize(
    ("url", "says"),
    [("slack://wrong/t0ken", "form of slack://"), ("", "it is no URL"), (None, "no channel of this name")],
)
def test_what_no_attempt_can_mend_is_given_up_and_the_next_goes_on(path: Path, url: str | None, says: str) -> None:
    book = FileBook(path, told("n1", "gone"), told("n2", "gone"), told("n1"))
    with sink() as hook:
        urls = {"hook": hook.url} | ({} if url is None else {"gone": url})
        assert courier(book, urls).deliver() == 1
    assert sorted(book.states()) == ["n1 gone given_up", "n1 hook sent", "n2 gone given_up"]
    assert all(says in detail and "t0ken" not in detail for _, channel, _, detail in book.lines() if channel == "gone")


def test_a_message_that_a_channel_refuses_does_not_stop_the_next(path: Path) -> None:
    book = FileBook(path, told("n1"), told("n2"))
    with sink(400) as hook:
        assert courier(book, {"hook": hook.url}).deliver() == 1
    assert book.states() == ["n1 hook given_up", "n2 hook sent"]


@pytest.mark.parametrize(("age_h", "status", "state"), [(23, 500, "failed"), (24, 500, "given_up"), (48, 200, "sent")])
def test_what_fails_for_a_day_is_given_up_but_never_untried(path: Path, age_h: int, status: int, state: str) -> None:
    clock, book = Clock(), FileBook(path, told("n1"))
    clock.now += age_h * 3600
    with sink(status) as hook:
        courier(book, {"hook": hook.url}, clock).deliver()
    assert book.states() == [f"n1 hook {state}"]


def test_what_was_sent_while_the_store_was_away_is_not_sent_again(path: Path) -> None:
    book = FileBook(path, told("n1"), told("n2"), told("n1", "other"))
    with sink() as hook, sink() as other:
        channels = courier(book, {"hook": hook.url, "other": other.url})
        book.away = True
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                channels.deliver()
        assert hook.ids == ["n1"], "nothing more is sent that could not be written down"
        book.away = False
        assert channels.deliver() == 1
        assert hook.ids == ["n1", "n2"] and other.ids == ["n1"]
    assert sorted(book.states()) == ["n1 hook sent", "n1 other sent", "n2 hook sent"]


def test_after_a_kill_only_what_was_in_hand_is_told_again(path: Path) -> None:
    """The webhook kills the process that tells it, before it answers the second message."""
    child: list[subprocess.Popen[bytes]] = []

    begun = threading.Event()

    def kill(id: str) -> None:
        begun.wait(60)
        if id == "n2" and child[0].poll() is None:
            os.kill(child[0].pid, signal.SIGKILL)
            child[0].wait()

    notifications = [told(id) for id in ("n1", "n2", "n3")]
    with sink(before=kill) as hook:
        code = f"from tests.alerts.test_courier import tell_all; tell_all({str(path)!r}, {hook.url!r})"
        child.append(subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2]))
        begun.set()
        assert child[0].wait(60) == -signal.SIGKILL
        assert FileBook(path).states() == ["n1 hook sent"]
        assert courier(FileBook(path, *notifications), {"hook": hook.url}).deliver() == 2
        assert hook.ids == ["n1", "n2", "n2", "n3"]


def tell_all(path: str, url: str) -> None:
    """What the process does that is killed."""
    courier(FileBook(Path(path), *(told(id) for id in ("n1", "n2", "n3"))), {"hook": url}).deliver()
