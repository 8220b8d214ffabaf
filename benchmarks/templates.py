"""Prompts of one template: have they one id, those of another another, and free chat none?

    python -m benchmarks.templates [--json] [--data PATH]

Each scene is drawn ten times, with other templates, fillings and order: the mean, and the range of 95 % of draws.
`llmdrift`: real tasks, one of which is questions without a template. `app`: six templates of one app; `app_of_all`:
thirty; `app_with_chat`: six, and as much free chat; `unseen`: others, that nothing was tuned on. `chat`: free chat.

`ari`: adjusted Rand index of ids against templates, where no id and no template are labels too; 1 is right.
`purity`: of the prompts with an id, those whose template is the usual one of that id. `ids`: ids of a template that at
least 1 % of its prompts have. `none`: the templates' prompts without an id. `first`: prompts of a template before one
has an id, median and worst. `agree`: templates that have the same id in another series. `chat`: free chat with an id.
`words_…`, `masked_…`: the baselines, the first five words, and the prompt with its numbers masked. `us_…`: CPU
microseconds a prompt, of 60 and 400 words and of free chat, once the templates are known.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.common import report
from benchmarks.template_texts import TEMPLATES, UNSEEN, Slots, lines
from windvane.stream.features.prompt_template.prompt_template import PromptTemplate
from windvane.stream.pipeline import Pipeline
from windvane.stream.signals import Signal
from windvane.stream.testing import batch_of
from windvane.stream.text.texts import query_words

Labels = Sequence[str | None]
Prompts = list[tuple[str | None, str]]
"""The template of each prompt, None for free chat, and its text."""

DATA: Final = Path(__file__).parents[2] / "shared" / "data"
BASELINES: Final[Mapping[str, Callable[[str], str]]] = {
    "words": lambda prompt: " ".join(prompt.split()[:5]),
    "masked": lambda prompt: re.sub(r"\d+", "#", prompt),
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--data", type=Path, default=DATA, help="the folder of the data sets")
    arguments.add_argument("--draws", type=int, default=10)
    arguments.add_argument("--prompts", type=int, default=1500, help="of a draw")
    given = arguments.parse_args()
    figures: dict[str, Any] = {}
    for scene, make in SCENES.items():
        draws = [figures_of(make(random.Random(seed), given.data, given.prompts)) for seed in range(given.draws)]
        for figure in draws[0]:
            values = [draw[figure] for draw in draws]
            low, high = np.percentile(values, [2.5, 97.5])
            figures[f"{scene}_{figure}"] = f"{np.mean(values):.3f} [{low:.3f}, {high:.3f}]"
    report(figures | dict(costs(given.data)), given.json)


def tasks(chance: random.Random, data: Path, count: int) -> Prompts:
    rows = [row for path in (data / "llmdrift").glob("*.jsonl") for row in lines(path)]
    drawn = sorted({("" if row["task"] == "sensitiveq" else row["task"], row["prompt"]) for row in rows})
    return [(task or None, prompt) for task, prompt in chance.sample(drawn, min(count, len(drawn)))]


def app(templates: Mapping[str, str], some: int, chat: float = 0.0) -> Callable[[random.Random, Path, int], Prompts]:
    """Return the scene of an app of `some` of the templates, the first of them used most, and a part of free chat."""

    def scene(chance: random.Random, data: Path, count: int) -> Prompts:
        slots = Slots(data, chance)
        made: Prompts = [(None, said) for said in chance.sample(slots.instructions, int(count * chat))]
        weights = [1 / (1 + place) for place in range(some)]
        names = chance.choices(chance.sample(sorted(templates), some), weights, k=count - len(made))
        made += [(name, slots.fill(templates[name])) for name in names]
        chance.shuffle(made)
        return made

    return scene


def free(chance: random.Random, data: Path, count: int) -> Prompts:
    asked = Slots(data, chance).instructions
    return [(None, said) for said in chance.sample(asked, min(count, len(asked)))]


SCENES: Final[Mapping[str, Callable[[random.Random, Path, int], Prompts]]] = {
    "llmdrift": tasks,
    "app": app(TEMPLATES, 6),
    "app_of_all": app(TEMPLATES, len(TEMPLATES)),
    "app_with_chat": app(TEMPLATES, 6, chat=0.5),
    "unseen": app(UNSEEN, len(UNSEEN)),
    "unseen_with_chat": app(UNSEEN, 6, chat=0.5),
    "chat": free,
}


def figures_of(prompts: Prompts) -> dict[str, float]:
    true, texts = [name for name, _ in prompts], [text for _, text in prompts]
    found = learned(texts)
    figures = judged(true, found)
    if any(true):
        half = len(prompts) // 2
        figures["agree"] = agreement(
            usual(true[:half], learned(texts[:half])), usual(true[half:], learned(texts[half:]))
        )
    for name, baseline in BASELINES.items():
        theirs = judged(true, [baseline(text) for text in texts])
        figures |= {f"{name}_{figure}": theirs[figure] for figure in ("ari", "ids", "chat") if figure in theirs}
    return figures


def learned(texts: Sequence[str]) -> Labels:
    pipeline = Pipeline([], [], [PromptTemplate()])
    notes = pipeline.score(batch_of({"prompt": text, "service": "app"} for text in texts)).notes
    assert not pipeline.failures
    return list(notes[Signal.PROMPT_TEMPLATE].to_pylist())


def judged(true: Labels, said: Labels) -> dict[str, float]:
    figures: dict[str, float] = {}
    templates, labels = grouped(true, said), grouped(said, true)
    if labels:
        figures["purity"] = sum(Counter(of).most_common(1)[0][1] for of in labels.values()) / sum(
            map(len, labels.values())
        )
    if templates:
        common = [
            sum(count >= 0.01 * len(of) for id_, count in Counter(of).items() if id_) for of in templates.values()
        ]
        first = [next((at for at, id_ in enumerate(of) if id_), len(of)) for of in templates.values()]
        figures["ari"] = adjusted_rand(true, said)
        figures["ids"] = float(np.mean(common))
        figures["none"] = sum(of.count(None) for of in templates.values()) / sum(map(len, templates.values()))
        figures["first"], figures["first_worst"] = float(np.median(first)), float(max(first))
    if None in true:
        figures["chat"] = sum(
            name is None and id_ is not None for name, id_ in zip(true, said, strict=True)
        ) / true.count(None)
    return figures


def grouped(by: Labels, what: Labels) -> dict[str, list[str | None]]:
    groups: defaultdict[str, list[str | None]] = defaultdict(list)
    for name, one in zip(by, what, strict=True):
        if name is not None:
            groups[name].append(one)
    return groups


def usual(true: Labels, said: Labels) -> dict[str, str]:
    """Return the most common id of each template that has one."""
    counts = {name: Counter(filter(None, of)) for name, of in grouped(true, said).items()}
    return {name: ids.most_common(1)[0][0] for name, ids in counts.items() if ids}


def agreement(one: Mapping[str, str], other: Mapping[str, str]) -> float:
    both = one.keys() & other.keys()
    return sum(one[name] == other[name] for name in both) / max(len(both), 1)


def adjusted_rand(one: Labels, other: Labels) -> float:
    """Return the index of Hubert and Arabie (1985), Comparing partitions."""

    def pairs(labels: Sequence[Any]) -> float:
        return sum(count * (count - 1) / 2 for count in Counter(labels).values())

    both, first, second = pairs(list(zip(one, other, strict=True))), pairs(one), pairs(other)
    chance = first * second / (len(one) * (len(one) - 1) / 2)
    most = (first + second) / 2
    return 1.0 if most == chance else (both - chance) / (most - chance)


def costs(data: Path) -> Iterator[tuple[str, float]]:
    chance = random.Random(0)
    words = " ".join(Slots(data, chance).instructions).split()
    head = TEMPLATES["classify"].removesuffix("{instruction}\nKind:")
    for name, begin, length in (("60_words", head, 60), ("400_words", head, 400), ("chat", "", 60)):
        more = length - len(begin.split())
        yield f"us_{name}", cost([begin + " ".join(chance.choices(words, k=more)) for _ in range(180_000 // length)])


def cost(texts: Sequence[str]) -> float:
    """Return what a prompt costs in the best of five runs; the words of the batch are there already."""
    signal, spent = PromptTemplate(), []
    for _ in range(6):
        used = 0.0
        for begin, part in batch_of({"prompt": text} for text in texts).parts():
            words = part.derived(query_words)
            assert len(words.length) == len(words.number) == len(words.owner)
            series = np.arange(begin, begin + len(part)) % 8
            start = time.process_time()
            signal.score(part, series, 8)
            used += time.process_time() - start
        spent.append(used / len(texts) * 1e6)
    return min(spent[1:])


if __name__ == "__main__":
    main()
