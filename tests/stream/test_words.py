"""Words, sentences and plain texts: what every signal of a text stands on."""

from __future__ import annotations

import json
import random

import pyarrow as pa
import pytest

from windvane.stream.testing import batch_of
from windvane.stream.text.sentences import sentence_starts
from windvane.stream.text.texts import answers, prompt_words, prompts, queries, query_words
from windvane.stream.text.words import Words, words_of

ALPHABET = "ab Z9.,!?\n\"'-_\0éÉßñ–’…“ДжЖΩäłאبّहिक日本語。ไทยกา한국어🧪𠀀\u200b\u00ad\uff21"


def found(*texts: str | None) -> list[str]:
    words = words_of(pa.array(texts, pa.string()))
    return [bytes(words.lower[a:b]).decode() for a, b in zip(words.begin, words.end, strict=True)]


def sentences(text: str) -> list[str]:
    """Return each sentence up to the first word of the next."""
    words = words_of(pa.array([text]))
    starts = words.begin[sentence_starts(words)]
    ends = [*starts[1:], len(text.encode()) + words.text[0]]
    return [bytes(words.raw[a:b]).decode() for a, b in zip(starts, ends, strict=False)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("GPT-4's 3.5x: don't!", ["gpt", "4", "s", "3", "5x", "don", "t"]),
        ("ÉCOLE Straße ЖУК Ωμέγα ŁÓDŹ", ["école", "straße", "жук", "ωμέγα", "łódź"]),
        ("“smart”—quotes… and\u00a0spaces", ["smart", "quotes", "and", "spaces"]),
        ("한국어 문장", ["한국어", "문장"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("日本語とGPT4を", ["日", "本", "語", "と", "gpt4", "を"]),
        ("ไทย", ["ไ", "ท", "ย"]),
        ("ok 👍\ufe0f", ["ok"]),
        ("a🧪b\0c", ["a", "b", "c"]),
        (" \n\t…", []),
    ],
)
def test_words_are_runs_of_letters_and_digits_in_lower_case_of_any_script(text: str, words: list[str]) -> None:
    assert found(text) == words


def test_an_unspaced_character_is_known_together_with_the_next() -> None:
    words = words_of(pa.array(["日本の日本。日曜"]))
    keys = words.head.tolist()
    assert keys[0] == keys[3], "日本 twice"
    assert keys[0] != keys[5], "日本 and 日曜"
    assert keys[4] != keys[1], "本 before a full stop, and 本の"


def test_a_text_has_the_same_words_in_any_company() -> None:
    chance = random.Random(0)
    texts = ["".join(chance.choices(ALPHABET, k=chance.randrange(30))) for _ in range(400)]
    whole = words_of(pa.array(texts))
    starts = sentence_starts(whole)
    for number, text in enumerate(texts):
        alone = words_of(pa.array([text]))
        own = slice(whole.first[number], whole.first[number + 1])
        assert alone.head.tolist() == whole.head[own].tolist()
        assert (alone.begin - alone.text[0]).tolist() == (whole.begin[own] - whole.text[number]).tolist()
        assert sentence_starts(alone).tolist() == starts[own].tolist()


def test_places_are_told_in_characters_of_the_text() -> None:
    chance = random.Random(1)
    texts = ["".join(chance.choices(ALPHABET, k=chance.randrange(30))) for _ in range(400)]
    words = words_of(pa.array(texts))
    begins, ends = (words.characters(places, words.owner) for places in (words.begin, words.end))
    for owner, begin, end, at, to in zip(words.owner, begins, ends, words.begin, words.end, strict=True):
        assert texts[owner][begin:end] == bytes(words.raw[at:to]).decode()


def test_nulls_blanks_and_no_texts_at_all_have_no_words() -> None:
    assert found() == [] and found(None, "", " ") == []
    words = words_of(pa.array([None, "a", None]).slice(1))
    assert words.counts.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is 3.5 m. Is it? Yes!", ["It is 3.5 m. ", "Is it? ", "Yes!"]),
        ('He said "no." Then left.\nNew line', ['He said "no." ', "Then left.\n", "New line"]),
        ("今天。明天！后天", ["今天。", "明天！", "后天"]),
        ("e.g. this", ["e.g. ", "this"]),
        ("...\n\n", []),
    ],
)
def test_a_sentence_ends_by_a_sign_before_a_space_or_at_a_line_end(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": [{"type": "text", "text": "First?"}, {"type": "image_url", "image_url": {"url": "x"}}]},
    {"role": "assistant", "parts": [{"type": "text", "content": "One."}, {"type": "tool_call", "name": "f"}]},
    {"role": "user", "content": "Last?"},
    {"role": "assistant", "content": None, "tool_calls": []},
]


def test_messages_in_json_are_read_as_what_was_said() -> None:
    batch = batch_of(
        [{"prompt": MESSAGES, "response": json.dumps(MESSAGES[2:3])}, {"prompt": "plain", "response": "r"}]
    )
    assert batch.derived(prompts).to_pylist() == ["Be brief.\n\nFirst?\n\nOne.\n\nLast?", "plain"]
    assert batch.derived(queries).to_pylist() == ["Last?", "plain"]
    assert batch.derived(answers).to_pylist() == ["One.", "r"]
    (block,) = answers(batch_of([{"response": [{"type": "text", "text": "Hi"}]}])).to_pylist()
    assert block == "Hi"


@pytest.mark.parametrize(
    "text", ["[{", '[{"role": 5}]', "[{}, 1]", '{"a": 1}', "[1, 2]", '[{"content": {"x": 1}}]', '[{"name": "Ada"}]']
)
def test_what_is_no_list_of_messages_is_plain_text(text: str) -> None:
    batch = batch_of([{"prompt": text}, {"prompt": MESSAGES}, {}])
    assert batch.derived(prompts).to_pylist() == [text, "Be brief.\n\nFirst?\n\nOne.\n\nLast?", None]


def test_the_words_of_plain_prompts_are_found_once() -> None:
    batch = batch_of([{"prompt": "plain"}, {}])
    assert batch.derived(query_words) is batch.derived(prompt_words)
    assert isinstance(batch.derived(prompt_words), Words)


def test_a_large_batch_is_scored_in_parts_of_little_text() -> None:
    sizes = (9, *[240_000] * 9, 0, 7)
    batch = batch_of({"prompt": "p" * size, "context": ["c" * size, "d"], "latency": size} for size in sizes)
    parts = list(batch.parts())
    assert [start for start, _ in parts] == [0, 9] and sum(len(part) for _, part in parts) == len(batch)
    for start, part in parts:
        own = slice(start, start + len(part))
        documents = batch.arrow("gen_ai_retrieval_documents").to_pylist()
        assert part.arrow("gen_ai_retrieval_documents").to_pylist() == documents[own]
        assert part.numbers("gen_ai_client_operation_duration").tolist() == list(sizes)[own]
        assert list(part.cells("id")) == [str(number) for number in range(len(sizes))][own]
    small = batch_of([{"prompt": "short"}])
    assert [part for _, part in small.parts()] == [small]
