"""Whether a model answers otherwise than it used to, told apart from being asked otherwise."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np

from windvane.stream.batch import Batch
from windvane.stream.detector import ArrayDetector, Change, State
from windvane.stream.drift.answers.columns import side_by_side
from windvane.stream.drift.answers.features import answer_features, prompt_features
from windvane.stream.drift.answers.follow import follow, workspace
from windvane.stream.drift.answers.layout import RECORD
from windvane.stream.drift.answers.lifecycle import ACCEPTED, FIRED, RECOVERED, settle
from windvane.stream.drift.answers.tell import tell
from windvane.stream.series import Members
from windvane.stream.signals import Signal, SignalInfo

__all__ = ["AnswerDrift"]

_SIGNALS: Final = (Signal.INPUT_DRIFT, Signal.MODEL_DRIFT)
_STATES: Final[dict[int, State]] = {FIRED: "fired", RECOVERED: "recovered", ACCEPTED: "accepted"}
_SOURCE: Final = (
    "conformal ranks: Vovk, Nouretdinov, Gammerman (2003); Shiryaev-Roberts sums of bets on them: Shin, Ramdas, Rinaldo"
    " (2024), E-detectors. The sum over columns and the learned direction are measured on null streams, not proved"
)


class AnswerDrift(ArrayDetector):
    """Follows what answers and prompts look like: their length, form, choice of words, and how they begin and end.

    Each column of an answer is ranked among those before it; bets are made on the ranks, and on the direction in which
    all have moved lately, less what the prompts explain of it. While prompts are not as usual, or look as if they
    might not be, nothing is said of the model.

    >>> from windvane.stream.pipeline import Pipeline
    >>> from windvane.stream.testing import batch_of
    >>> import random
    >>> chance = random.Random(0)
    >>> chatty = [{"prompt": "Is it?", "response": f"Sure! I say: {chance.choice(['yes', 'no'])}"} for _ in range(300)]
    >>> terse = [{"prompt": "Is it?", "response": chance.choice(["Yes", "No"])} for _ in range(40)]
    >>> pipeline = Pipeline([AnswerDrift()])
    >>> pipeline.score(batch_of(chatty)).changes
    []
    >>> [change] = pipeline.score(batch_of(terse, start_us=1_700_000_300_000_000)).changes
    >>> change.row, change.signal.value, change.state
    (4, 'model_drift', 'fired')
    """

    name = "answer_drift"
    infos: ClassVar = {
        Signal.MODEL_DRIFT: SignalInfo(
            unit="change of state",
            range="fired, recovered, accepted",
            columns=("gen_ai_output_messages", "gen_ai_input_messages", "service_version"),
            source=_SOURCE,
            cost_us=30.0,
            doc="The same prompts are answered differently: in length, form, choice of words or answers.",
        ),
        Signal.INPUT_DRIFT: SignalInfo(
            unit="change of state",
            range="fired, recovered, accepted",
            columns=("gen_ai_input_messages", "gen_ai_output_messages", "service_version"),
            source=_SOURCE,
            cost_us=30.0,
            doc="What people ask has moved; answers that differ for that reason are no model drift.",
        ),
    }
    dtype: ClassVar = RECORD

    def follow(self, batch: Batch, members: Members) -> list[Change]:
        """See `ArrayDetector.follow`."""
        prompts, answers = batch.derived(prompt_features), batch.derived(answer_features)
        numbers, kinds = side_by_side(prompts, answers)
        present = np.stack([prompts.present, answers.present])
        blank, space = np.zeros(1, RECORD), workspace()
        changes: list[Change] = []
        at = 0
        while True:
            at = follow(
                self.state, blank, members.rows, members.series, members.known, members.begins, batch.times_us(),
                present, numbers, kinds, self.alarms_per_week, at, *space,
            )  # fmt: skip
            if at == len(members.rows):
                return changes
            changes += self._told(int(members.rows[at]), int(members.series[at]))
            at += 1

    def _told(self, row: int, series: int) -> list[Change]:
        held = self.state[series]
        changes = [
            Change(row, series, _SIGNALS[part], _STATES[int(said)], int(held["since"][part]), tell(held, part))
            for part, said in enumerate(held["said"])
            if said
        ]
        settle(self.state, series)
        return changes
