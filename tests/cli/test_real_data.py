"""Real data, replayed in both settings of the pipeline: all of it arrives, and both stores answer the same.

Local: HTTP, SQLite, the local loop, chDB. Cluster: Kafka, a Faust worker, a ClickHouse server.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import data_file
from tests.running import Up, until, windvane, worker
from tests.servers.clickhouse import ClickHouseServer
from tests.servers.kafka import KafkaBroker
from windvane.collectors.log.topics import create_topic
from windvane.storage.migrations import latest, migrate
from windvane.storage.store import ClickHouseStore

TOPIC = DATABASE = "real_data"
ALPACA = ("claude-2", "gpt-3.5-turbo-0301", "gpt-3.5-turbo-0613", "gpt4_0314", "gpt4_0613", "llama-2-7b-chat-hf")
AZURE = "--map TIMESTAMP=time --map ContextTokens=input_tokens --map GeneratedTokens=output_tokens"


@dataclass(frozen=True)
class DataSet:
    files: tuple[str, ...]
    count: int
    flags: str


SETS = {
    "azure-code": DataSet(("azure_llm_trace/code.csv",), 8_819, AZURE),
    "azure-conv": DataSet(("azure_llm_trace/conv.csv",), 19_366, AZURE),
    "llmperf": DataSet(
        ("llmperf/requests.jsonl",), 2_845,
        "--map number_input_tokens=input_tokens --map number_output_tokens=output_tokens --map ttft_s=ttft"
        " --map end_to_end_latency_s=latency --map error_code=error --map error_msg=error.message"
        " --map GEN_TEXT=response",
    ),
    "alpaca": DataSet(
        tuple(f"alpaca_eval/{name}.jsonl" for name in ALPACA), 6 * 805,
        "--map instruction=prompt --map output=response --map generator=model",
    ),
    "ragtruth": DataSet(
        ("ragtruth_qa/dev.jsonl",), 516, "--map query=prompt --map d1=context --map d2=response --set operation=chat"
    ),
}  # fmt: skip
TOTAL = sum(data.count for data in SETS.values())


def replay(name: str, endpoint: str) -> None:
    data = SETS[name]
    files = [data_file(file) for file in data.files]
    done = windvane("replay", *files, "--to", endpoint, "--set", f"service={name}", *data.flags.split(), "--json")
    outcome = json.loads(done.stdout)
    assert (outcome["lines"], outcome["sent"], outcome["refused"]) == (data.count, data.count, 0)


class Setting:
    """One of the two, with all data sets in it."""

    def __init__(self, *where: str) -> None:
        self.where = where

    def sql(self, query: str) -> str:
        return windvane("sql", query, "--format", "json", *self.where).stdout

    def settle(self) -> None:
        written = f"SELECT sum(stored) >= {TOTAL} AND NOT max(writing) AS so FROM ledger"
        until(lambda: json.loads(self.sql(written))["so"] == 1, f"{TOTAL} events are stored", 90)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for checkpoints that lasts as long as the stores do; skips where the data is absent."""
    for file in (file for data in SETS.values() for file in data.files):
        data_file(file)
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("state")
        patch.setenv("XDG_STATE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def local(state: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    up = Up(tmp_path_factory.mktemp("local") / "data")
    for name in SETS:
        replay(name, up.url)
    setting = Setting("--dir", str(up.directory))
    setting.settle()
    yield setting
    up.child.kill()


@pytest.fixture(scope="module")
def cluster(
    state: Path, kafka: KafkaBroker, clickhouse: ClickHouseServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Setting]:
    store = ClickHouseStore(clickhouse.url, DATABASE)
    # The engine behind the test's server has no users: the migrations stop before the roles.
    for _ in migrate(store.connections, latest()):
        pass
    store.close()
    create_topic(kafka.bootstrap, TOPIC, partitions=4, replication=1, retention_h=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WINDVANE_DATABASE", DATABASE)
        running = worker(kafka.bootstrap, TOPIC, clickhouse.url, tmp_path_factory.mktemp("worker") / "out")
        for name in SETS:
            replay(name, f"kafka://{kafka.bootstrap}/{TOPIC}")
        setting = Setting("--store", clickhouse.url)
        setting.settle()
        yield setting
    running.kill()


QUERIES = {
    "calls, tokens and latency of each service and model":
        "SELECT service_name, gen_ai_request_model, count() AS calls, sum(gen_ai_usage_input_tokens) AS tokens_in,"
        " sum(gen_ai_usage_output_tokens) AS tokens_out, round(sum(gen_ai_client_operation_duration), 6) AS seconds,"
        " countIf(error_type != '') AS errors FROM calls GROUP BY 1, 2 ORDER BY 1, 2",
    "every call":
        "SELECT id, gen_ai_provider_name, gen_ai_request_model, gen_ai_usage_input_tokens, error_message,"
        " gen_ai_usage_output_tokens, gen_ai_client_operation_duration, gen_ai_response_time_to_first_chunk,"
        " error_type, gen_ai_request_temperature, mapSort(attributes) AS attributes FROM calls"
        " ORDER BY service_name, id",
    "the event signals of every call":
        # When an event is late is said by its partition's clock.
        "SELECT id, mapSort(mapFilter((name, _) -> name != 'late', signals)) AS signals, mapSort(notes) AS notes"
        " FROM calls WHERE notEmpty(signals)"
        " ORDER BY service_name, id",
    "the times of those that have one":
        "SELECT id, time FROM calls WHERE service_name LIKE 'azure%' ORDER BY service_name, id",
    "what was written":
        "SELECT id, cityHash64(gen_ai_input_messages) AS prompt, cityHash64(gen_ai_output_messages) AS response,"
        " arrayMap(document -> cityHash64(document), gen_ai_retrieval_documents) AS context"
        " FROM texts ORDER BY service_name, id",
    "every minute of what has a time":
        "SELECT minute, service_name, calls, errors, input_tokens, output_tokens, latency_max FROM minutes"
        " WHERE service_name LIKE 'azure%' ORDER BY minute, service_name",
    "the minutes of the others, in all":
        "SELECT service_name, gen_ai_provider_name, gen_ai_request_model, sum(minutes.calls) AS calls,"
        " sum(minutes.errors) AS errors, sum(minutes.input_tokens) AS tokens_in, max(minutes.latency_max) AS slowest"
        " FROM minutes GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    "the changes of the series signals":
        # Of what is a fact of a series: the others have a budget, which a partition's series share.
        "SELECT service_name, gen_ai_request_model, gen_ai_operation_name, signal, state, event_id FROM signal_changes"
        " WHERE signal IN ('baseline', 'model_changed')"
        " ORDER BY service_name, gen_ai_request_model, event_id, signal, state, cityHash64(evidence)",
    "the ledger":
        "SELECT source, emitted, accepted, stored, refused, missing, balanced FROM ledger ORDER BY source",
}  # fmt: skip


@pytest.mark.parametrize("question", QUERIES)
def test_both_settings_answer_the_same_with_the_same_rows(local: Setting, cluster: Setting, question: str) -> None:
    answer = local.sql(QUERIES[question])
    assert answer.count("\n") >= 5
    assert cluster.sql(QUERIES[question]) == answer


def test_every_line_of_every_file_is_stored_with_its_fields_in_their_columns(local: Setting) -> None:
    told = local.sql(
        "SELECT service_name AS service, count() AS calls, count(gen_ai_usage_input_tokens) AS tokens,"
        " count(gen_ai_client_operation_duration) AS timed, countIf(gen_ai_request_model != '') AS models,"
        " countIf(error_type != '') AS errors FROM calls GROUP BY 1 ORDER BY 1"
    )
    rows = {row["service"]: row for row in map(json.loads, told.splitlines())}
    assert {service: row["calls"] for service, row in rows.items()} == {name: data.count for name, data in SETS.items()}
    assert [rows[name]["tokens"] for name in ("azure-code", "azure-conv")] == [8_819, 19_366]
    assert rows["llmperf"]["errors"] == 539 and rows["llmperf"]["models"] == 2_845
    assert rows["llmperf"]["timed"] >= 2_306
    texts = local.sql(
        "SELECT service_name AS service, countIf(gen_ai_input_messages != '') AS prompts,"
        " countIf(gen_ai_output_messages != '') AS responses, countIf(notEmpty(gen_ai_retrieval_documents)) AS contexts"
        " FROM texts GROUP BY 1"
    )
    written = {row["service"]: row for row in map(json.loads, texts.splitlines())}
    assert written["ragtruth"] == {"service": "ragtruth", "prompts": 516, "responses": 516, "contexts": 516}
    assert written["alpaca"] == {"service": "alpaca", "prompts": 4_830, "responses": 4_830, "contexts": 0}
    assert written["llmperf"]["responses"] == 300
