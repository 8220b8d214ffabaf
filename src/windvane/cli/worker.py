"""`windvane worker`: one Faust worker."""

from __future__ import annotations

import tempfile
from functools import partial

import click

from windvane.cli.logs import log_to_stderr
from windvane.cli.memory import keep_memory, spare_the_collector
from windvane.cli.options import setting_option, store_option
from windvane.settings import setting

__all__ = ["command"]


@click.command("worker")
@setting_option("--bootstrap", "bootstrap")
@setting_option("--topic", "topic")
@setting_option("--group", "group")
@store_option
@click.option("--verbose", is_flag=True, help="Say what Faust does, too.")
def command(bootstrap: str | None, topic: str | None, group: str | None, store: str | None, verbose: bool) -> None:
    """Run one worker: it reads its share of the topic's partitions from Kafka, scores, and writes to the store.

    Start as many as there are cores to spare; they share the partitions. One can be killed at any time: another takes
    its partitions over from what is stored, and no event is lost or stored twice. SIGTERM finishes the block in hand.
    Exit code 75 says that the store refused for longer than WINDVANE_SINK_RETRY_S: start it again.

    \b
    Example:
      windvane topics create --bootstrap 127.0.0.1:9092
      windvane migrate --store http://127.0.0.1:8123
      windvane worker --bootstrap 127.0.0.1:9092 --store http://127.0.0.1:8123
    """
    import faust

    from windvane.storage.store import ClickHouseStore
    from windvane.stream.job import make_app
    from windvane.stream.owned import Owned
    from windvane.stream.partition import Limits
    from windvane.stream.registry import make_pipeline
    from windvane.stream.warm import warm

    log_to_stderr(verbose=verbose)
    warm()  # a wrong detector is said now, too, not when the first partition comes
    opened = ClickHouseStore(store)
    opened.prepare()
    limits = Limits(setting("block_rows"), setting("flush_s"), setting("snapshot_s"))

    def owned(partitions: int) -> Owned:
        return Owned(opened, partial(make_pipeline, partitions=partitions), limits, retry_s=setting("sink_retry_s"))

    with tempfile.TemporaryDirectory(prefix="windvane-worker-") as data_dir:
        app = make_app(
            setting("bootstrap", bootstrap),
            setting("topic", topic),
            owned,
            group=setting("group", group),
            data_dir=data_dir,
        )
        worker = faust.Worker(app, redirect_stdouts=False, override_logging=False)  # it would undo our own
        log_to_stderr(verbose=verbose)
        spare_the_collector()
        keep_memory()
        worker.execute_from_commandline()
