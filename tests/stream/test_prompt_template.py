"""Prompts of one template have one id, of others another, free chat none; an id once given stays."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.conftest import data_file
from tests.stream.traffic import cut, kept
from windvane.stream.features.prompt_template.prompt_template import PromptTemplate
from windvane.stream.pipeline import Pipeline
from windvane.stream.testing import batch_of

Event = dict[str, Any]

TEMPLATES = {
    "a long slot at the end": "Summarise the following article for a reader in a hurry:\n\n{long}",
    "a long slot at the beginning": "{long}\n\nGive the text above a title, and nothing else.",
    "long slots around it": "{long}\nCompare what is said above with what follows here.\n{long}",
    "labels alone": "Context: {long}\n\nQuestion: {short}?\n\nAnswer:",
    "short slots within": "Remind {name} of invoice {number}, due since {number} days, in a friendly tone.",
    "a request at the end": "Which team should see this request: billing, shipping or returns? Request: {short}",
    "another script": "次の文章を日本語で三行に要約してください。余計な説明は不要です。\n{long}",
}


def word(chance: random.Random) -> str:
    return "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(3, 9)))


def prose(chance: random.Random, count: int) -> str:
    return " ".join(word(chance) for _ in range(count))


def filled(template: str, chance: random.Random) -> str:
    slots: dict[str, Callable[[], str]] = {
        "long": lambda: prose(chance, chance.randint(100, 500)),
        "short": lambda: prose(chance, chance.randint(3, 20)),
        "name": lambda: word(chance).title(),
        "number": lambda: str(chance.randint(1, 99_999)),
    }
    for name, draw in slots.items():
        while f"{{{name}}}" in template:
            template = template.replace(f"{{{name}}}", draw(), 1)
    return template


def traffic(count: int, seed: int = 0) -> list[Event]:
    """Return events of the templates and of free chat, in random order, in two services."""
    chance = random.Random(seed)
    # Three labels are little to go by: half of the prompts must have them.
    kinds = sorted({*TEMPLATES, "chat"} - {"labels alone"})
    events = []
    for _ in range(count):
        kind = chance.choice(kinds)
        prompt = filled(TEMPLATES.get(kind, "{short}"), chance)
        events.append({"prompt": prompt, "service": chance.choice("ab"), "tags": {"kind": kind}})
    return events


def fresh() -> Pipeline:
    return Pipeline([], [], [PromptTemplate()])


def ids(events: Sequence[Event | str], pipeline: Pipeline | None = None) -> list[str | None]:
    """Return the id of each event, or plain prompt."""
    pipeline = pipeline or fresh()
    batch = batch_of({"prompt": event} if isinstance(event, str) else event for event in events)
    found: list[str | None] = pipeline.score(batch).notes["prompt_template"].to_pylist()
    assert pipeline.failures == {}
    return found


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_prompts_of_one_template_have_one_id_from_the_eighth_on(template: str) -> None:
    chance = random.Random(1)
    first, *others = [id_ for id_ in ids([filled(template, chance) for _ in range(60)]) if id_]
    assert len(others) == 52 and {first, *others} == {first}
    assert first.startswith("t-") and int(first[2:], 16) and len(first) == 12


def test_templates_that_come_mixed_with_chat_have_an_id_each_and_chat_has_none() -> None:
    events = traffic(900)
    found: dict[str, set[str | None]] = {}
    for event, id_ in list(zip(events, ids(events), strict=True))[450:]:
        found.setdefault(event["tags"]["kind"], set()).add(id_)
    assert found.pop("chat") == {None}
    assert all(len(of_kind) == 1 for of_kind in found.values()), "one id in both services"
    assert len(set.union(*found.values()) - {None}) == len(found) == 6


def test_a_prompt_that_has_an_id_keeps_it_whatever_is_learned_after_it() -> None:
    pipeline, events = fresh(), traffic(400)
    before = ids(events, pipeline)
    ids(traffic(600, seed=1), pipeline)
    again = ids(events, pipeline)
    assert [id_ for id_, old in zip(again, before, strict=True) if old] == [old for old in before if old]


@pytest.mark.parametrize("seed", range(3))
def test_cuts_and_restarts_do_not_show(seed: int) -> None:
    events = traffic(500)
    whole = ids(events)
    pipeline, snapshots, found = fresh(), [], []
    for number, part in enumerate(cut(events, seed)):
        found += ids(part, pipeline)
        snapshots.append(list(pipeline.pages(whole=False)))
        if number % 4 == 3:
            pipeline = fresh()
            pipeline.load(kept(snapshots))
    assert found == whole and any(whole)


def test_prompts_of_other_services_do_not_matter() -> None:
    events = traffic(500)
    mine = [event for event in events if event["service"] == "a"]
    among_others = [id_ for event, id_ in zip(events, ids(events), strict=True) if event["service"] == "a"]
    assert among_others == ids(mine) and any(among_others)


def test_a_prompt_that_the_app_names_has_no_id_and_teaches_nothing() -> None:
    chance = random.Random(0)
    prompts = [filled(TEMPLATES["short slots within"], chance) for _ in range(40)]
    pipeline = fresh()
    assert not any(ids([{"prompt": prompt, "prompt_name": "reminder"} for prompt in prompts], pipeline))
    assert [bool(id_) for id_ in ids(prompts[:10], pipeline)] == [False] * 7 + [True] * 3


def test_a_template_that_is_changed_is_another() -> None:
    chance = random.Random(2)
    old = "You are a careful editor. {short}\nMark every error, name the rule behind it, and keep the author's voice."
    new = "You are a careful editor. {short}\nRewrite it as a letter to a friend, in four sentences at the most."
    found = ids([filled(old, chance) for _ in range(30)] + [filled(new, chance) for _ in range(30)])
    assert found[20] and found[50] and found[20] != found[50]


@pytest.mark.parametrize("tasks", [2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_tasks_that_take_turns_under_the_same_long_instructions_have_an_id_each(tasks: int, seed: int) -> None:
    chance = random.Random(seed)
    shared = prose(chance, 40)
    templates = [f"{shared}.\n\n{prose(chance, 15)}: {{short}}" for _ in range(tasks)]
    found = ids([filled(templates[number % tasks], chance) for number in range(120)])
    pairs = {(number % tasks, id_) for number, id_ in enumerate(found) if id_}
    assert len(pairs) == len({id_ for _, id_ in pairs}) == tasks


def test_what_a_conversation_repeats_with_every_turn_is_no_template() -> None:
    chance = random.Random(3)
    turns: list[dict[str, str]] = []
    events: list[Event] = []
    for _ in range(40):
        turns.append({"role": "user", "content": prose(chance, 20)})
        events.append({"prompt": list(turns)})
        turns.append({"role": "assistant", "content": prose(chance, 30)})
    assert not any(ids(events))


@pytest.mark.parametrize("inside", [True, False], ids=["among the messages", "in their own column"])
def test_the_systems_instructions_are_the_template_of_a_chat(inside: bool) -> None:
    chance, system = random.Random(4), "You help travellers with trains in Europe. Be brief, and never guess a time."
    asked = [{"role": "user", "content": prose(chance, 12)} for _ in range(30)]
    told = {"role": "system", "content": system}
    found = ids([{"prompt": [told, one]} if inside else {"prompt": [one], "system": system} for one in asked])
    assert len(set(found[7:])) == 1 and found[7]


def test_a_document_that_many_calls_are_about_is_no_part_of_the_template() -> None:
    chance = random.Random(5)
    events = []
    for _ in range(4):
        document = prose(chance, 300)
        for _ in range(10):
            prompt = filled(TEMPLATES["labels alone"].replace("{long}", document), chance)
            events.append({"prompt": prompt, "context": [document]})
    assert len(set(ids(events)[7:])) == 1


def test_of_more_templates_than_it_can_hold_the_first_keep_their_ids_until_they_are_idle() -> None:
    chance, pipeline = random.Random(6), fresh()
    many = [f"{prose(chance, 14)} {{short}} {prose(chance, 6)}." for _ in range(60)]
    first = ids([filled(template, chance) for template in many[:32] for _ in range(12)], pipeline)
    assert len(set(first) - {None}) == 32
    late = ids([filled(template, chance) for template in many[32:] for _ in range(12)], pipeline)
    assert set(late) == {None}
    size = sum(len(page.data) for page in pipeline.pages(whole=True) if "prompt_template" in page.kind)
    assert size < 10_000, "what is remembered of a service stays small"
    assert len(set(ids([filled(many[0], chance) for _ in range(4200)], pipeline))) == 1
    assert ids([filled(many[40], chance) for _ in range(700)], pipeline)[-1] not in {*first, None}
    assert ids([filled(many[0], chance)], pipeline)[0] in first


def test_real_tasks_of_one_service_are_told_apart() -> None:
    names = ("countahappynumber__gpt-3.5-turbo", "opinionqa__gpt-3.5-turbo", "prime_full__gpt-4", "sensitiveq__gpt-4")
    rows = [json.loads(line) for name in names for line in data_file(f"llmdrift/{name}.jsonl").read_text().splitlines()]
    prompts = sorted({(row["task"], row["prompt"]) for row in rows})
    random.Random(7).shuffle(prompts)
    found: dict[str, list[str | None]] = {}
    for (task, _), id_ in zip(prompts, ids([prompt for _, prompt in prompts]), strict=True):
        found.setdefault(task, []).append(id_)
    assert set(found.pop("sensitiveq")) == {None}, "questions that have no template"
    usual = {task: max(set(of_task) - {None}, key=of_task.count) for task, of_task in found.items()}
    assert len(set(usual.values())) == 3
    assert all(of_task.count(usual[task]) >= 0.97 * len(of_task) for task, of_task in found.items())


def test_what_people_ask_freely_has_no_id() -> None:
    rows = data_file("alpaca_eval/gpt4_0613.jsonl").read_text().splitlines()
    found = ids([json.loads(row)["instruction"] for row in rows])
    assert sum(id_ is not None for id_ in found) <= 0.03 * len(found)
