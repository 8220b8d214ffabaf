"""Files of calls as people have them: every kind is read, nothing in them is lost."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from windvane.cli.files import Read, check_columns, read_files
from windvane.cli.mapping import FieldMap
from windvane.collectors.event import INDEX
from windvane.errors import ConfigError, InputError

Write = Callable[[str, str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to(name: str, text: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return to


def read(path: Path, fields: FieldMap | None = None) -> list[Read]:
    return list(read_files([path], fields or FieldMap()))


def field(line: Read, name: str) -> Any:
    assert line.row is not None, line.refused
    return line.row[INDEX[name]]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "model,prompt\na,hi\nb,\n"),
        ("a.csv", "model;prompt\na;hi\nb;\n"),
        ("a.csv", "\ufeffmodel,prompt\r\n\"a\",\"hi\"\r\n\r\nb,\r\n"),
        ("a.tsv", "model\tprompt\na\thi\nb\t\n"),
        ("a.CSV", "model\tprompt\na\thi\nb\n"),
        ("a.jsonl", '{"model": "a", "prompt": "hi"}\n\n{"model": "b"}\n'),
        ("a.ndjson", '\ufeff{"model": "a", "prompt": "hi"}\r\n{"model": "b"}'),
        ("a.json", '{"model": "a", "prompt": "hi"}\n{"model": "b"}\n'),
        ("a.json", '[{"model": "a",\n"prompt": "hi"}, {"model": "b"}]'),
        ("a.jsonl.gz", gzip.compress(b'{"model": "a", "prompt": "hi"}\n{"model": "b"}\n', mtime=0)),
        ("a.csv.gz", gzip.compress(b"model,prompt\na,hi\nb,\n", mtime=0)),
    ],
)  # fmt: skip
def test_two_calls_are_read_alike_from_any_kind_of_file(write: Write, name: str, text: str | bytes) -> None:
    first, second = read(write(name, text))
    assert (field(first, "gen_ai_request_model"), field(first, "gen_ai_input_messages")) == ("a", "hi")
    assert (field(second, "gen_ai_request_model"), field(second, "gen_ai_input_messages")) == ("b", None)


@pytest.mark.parametrize(("name", "text"), [("a.csv", ""), ("a.csv", "model\n"), ("a.jsonl", "\n\n"), ("a.json", "[]")])
def test_an_empty_file_has_no_calls(write: Write, name: str, text: str) -> None:
    assert read(write(name, text)) == []


def test_one_object_over_several_lines_is_one_call(write: Write) -> None:
    (only,) = read(write("a.json", '{\n  "model": "a",\n  "prompt": "hi"\n}\n'))
    assert field(only, "gen_ai_request_model") == "a"


def test_quotes_line_breaks_and_commas_within_a_cell_stay(write: Write) -> None:
    (only,) = read(write("a.csv", 'model,prompt\na,"he said ""hi"",\nand left"\n'))
    assert field(only, "gen_ai_input_messages") == 'he said "hi",\nand left' and only.line == 3


def test_a_quote_that_is_never_closed_does_not_swallow_the_rest(write: Write) -> None:
    with pytest.raises(InputError, match=r"a\.csv: a quote after line 2 is never closed"):
        read(write("a.csv", 'model,prompt\na,hi\nb,"open\nc,x\nd,y\n'))
    with pytest.raises(InputError, match="a quote after line 0 is never closed"):
        read(write("a.csv", 'model,"prompt\na,hi\n'))


def test_what_stands_behind_the_last_column_or_twice_is_kept(write: Write) -> None:
    (only,) = read(write("a.csv", "x,x\n1,2,3,4\n"))
    assert only.given == {"x": "1", "x.2": "2", "given.rest": ["3", "4"]}
    assert field(only, "attributes") == {"x": '"1"', "x.2": '"2"', "given.rest": '["3","4"]'}


def test_a_line_that_is_no_event_is_told_with_its_number_and_text_and_the_others_are_read(write: Write) -> None:
    lines = read(write("a.jsonl", '{"model": "a"}\n{"mod\n[1]\n{"latency": -1}\n{"model": "b"}\n'))
    assert [line.line for line in lines] == [1, 2, 3, 4, 5]
    assert [line.refused and str(line.refused.reason) for line in lines] == [
        None, "undecodable", "not_an_object", None, None,
    ]  # fmt: skip
    assert lines[1].text == '{"mod' and lines[2].text == "[1]"


def test_a_column_that_only_has_the_name_of_a_field_is_kept_as_an_attribute(write: Write) -> None:
    (only,) = read(write("a.jsonl", '{"latency": "fast", "time": "noon", "user": "u", "user.id": "v"}'))
    assert (field(only, "gen_ai_client_operation_duration"), field(only, "user_id")) == (None, "u")
    assert field(only, "attributes") == {"given.latency": '"fast"', "given.time": '"noon"', "given.user.id": '"v"'}


def test_a_mapped_column_wins_over_one_of_the_field_s_name_and_loses_nothing(write: Write) -> None:
    (only,) = read(write("a.jsonl", '{"model": "x", "generator": "y"}'), FieldMap(["generator=gen_ai.request.model"]))
    assert field(only, "gen_ai_request_model") == "y"
    assert field(only, "attributes") == {"given.model": '"x"'}


def test_one_column_may_fill_several_fields_and_a_column_s_name_may_hold_an_equals_sign(write: Write) -> None:
    fields = FieldMap(["a=b=id", "a=b=trace_id"], ["service=s", "tags={\"k\": \"v=w\"}"])  # fmt: skip
    (only,) = read(write("a.csv", "a=b\n17\n"), fields)
    assert (field(only, "id"), field(only, "trace_id"), field(only, "service_name")) == ("17", "17", "s")
    assert field(only, "tags") == {"k": "v=w"}


def test_a_mapped_value_that_does_not_fit_refuses_the_line(write: Write) -> None:
    first, second = read(write("a.csv", "n,model\nmany,a\n3,b\n"), FieldMap(["n=input_tokens"]))
    assert first.row is None and "input_tokens is 'many'" in str(first.refused)
    assert field(second, "gen_ai_usage_input_tokens") == 3


@pytest.mark.parametrize(
    ("maps", "sets"),
    [(["a=prompt", "b=prompt"], []), (["a=prompt", "b=gen_ai.prompt"], []), ([], ["user=a", "user=b"])],
)
def test_a_field_that_is_filled_twice_is_a_mistake(maps: list[str], sets: list[str]) -> None:
    with pytest.raises(ConfigError, match="fills that field already"):
        FieldMap(maps, sets)


def test_a_mapped_column_is_looked_for_in_every_line_of_every_file(write: Write) -> None:
    many = write("a.jsonl", '{"model": "a"}\n' * 3000 + '{"late": "x"}\n')
    check_columns([many], FieldMap(["late=prompt"]))
    check_columns([write("b.csv", "model\na\n"), many], FieldMap(["late=prompt"]))
    with pytest.raises(InputError, match=r"no line has a column 'later'. The columns are: model, late"):
        check_columns([many], FieldMap(["later=prompt"]))
