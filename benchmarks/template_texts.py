"""Prompt templates as apps have them, written for the benchmark, and what fills them: texts of the data sets."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

__all__ = ["TEMPLATES", "UNSEEN", "Slots", "lines"]

_SHOP: Final = """\
You are the support assistant of Northwind Outfitters, a shop for camping gear. Be friendly and brief. Never promise a
refund. If you do not know the answer, say so and offer to hand over to a person. Do not mention other shops. Prices
include tax. Orders above 50 euros ship for free within the country.

"""
_SHOTS: Final = """\
Review: The tent leaked on the first night.
Sentiment: negative

Review: Light, warm, and the zip works.
Sentiment: positive
"""

TEMPLATES: Final[dict[str, str]] = {
    # Retrieval: the passages before, between and after the instructions.
    "rag_labels": "Context: {passage}\n\nQuestion: {question}\n\nAnswer:",
    "rag_short": "Answer by the passages below. Say 'unknown' if they do not tell.\n\n{passage}\nQuestion: {question}",
    "rag_cite": "Use only these sources and cite each as [n].\n<sources>\n{passage}</sources>\n<q>{question}</q>",
    "rag_first": "{passage}\n\nGiven the text above, answer in one sentence, quoting what you rely on. {question}",
    "rag_grade": "Question: {question}\nDocument: {passage}\nIs the document relevant to it? Reply with yes or no.",
    # One long slot.
    "summary_after": "{passage}\n\nWrite a summary of the text above in at most three bullet points.",
    "summary_before": "Summarize the article for a busy reader, in at most {number} plain words:\n\n{passage}",
    "keywords": "Extract the ten most important keywords of this text as a JSON list of strings. Text:\n{passage}",
    "simplify": "Rewrite this passage so that a child of {number} can follow. Keep every fact.\n---\n{passage}\n---",
    # The user's own words.
    "classify": "Which kind of request is this: billing, shipping, returns, or other?\nRequest: {instruction}\nKind:",
    "language": "Which language is this text in? Reply with the ISO 639-1 code and nothing else.\n{instruction}",
    "rewrite": "{instruction}\n\nRewrite the request above: polite, complete and without spelling mistakes.",
    "moderate": "Does this message break the rules on insults, threats or spam? '{instruction}' Answer ALLOW or BLOCK.",
    "title": "Give a title of at most six words to a chat that begins with: {instruction}",
    "plan": "Break the task into numbered steps.\nTools: search, calculator, calendar.\nTask: {instruction}\nSteps:",
    "search": "Turn the question into a query for a web search engine: {question}",
    "translate": "Translate into {language}: {question}",
    # Short slots.
    "mail": "Write a short e-mail to {name} that moves our meeting from {date} to {date}. Sign as {name}.",
    "invoice": "Invoice {number} of {name}, due on {date}, is {number} days late. Write a firm but friendly reminder.",
    "greeting": "Dear model, {name} turns {number} on {date}. Two rhyming lines for a card, please.",
    "order": "{name} ordered {number} pieces on {date}. Estimate the day of delivery and explain in one line how.",
    "convert": "Convert {number} miles to kilometres and round to {number} decimals. Only the number.",
    # Tasks of one app, under the same instructions.
    "shop_answer": _SHOP + "Customer {name} asks: {question}",
    "shop_mood": _SHOP + "Rate the mood of the message from 1 (furious) to 5 (delighted). Message: {instruction}",
    "shop_reply": _SHOP + "Draft a reply that thanks for order {number} and asks for a review of it until {date}.",
    # By example, in code, in other languages.
    "shots": _SHOTS + "\nReview: {instruction}\nSentiment:",
    "sql": "### Schema\norders(id, customer, total)\ncustomers(id, name, country)\n### Question\n{question}\n### SQL",
    "french": "Réponds en français à la question suivante, en deux phrases au plus. Question : {question}",
    "german": "Fasse den folgenden Text auf Deutsch zusammen und nenne am Ende die Quelle.\n\n{passage}",
    "japanese": "次の質問に日本語で簡潔に答えてください。わからない場合はそう書いてください。\n質問：{question}",
}

UNSEEN: Final[dict[str, str]] = {
    "agent": "You can call tools by writing CALL name(arguments). Think first.\n\nGoal: {instruction}\nThought:",
    "hyde": "Please write a passage of an encyclopedia that answers the question.\nQuestion: {question}\nPassage:",
    "facts": "List every claim in the passage that can be checked, one per line, without opinions.\n\n{passage}",
    "judge": "[Question]\n{question}\n[Answer]\n{passage}\n[Task]\nScore the answer from 1 to 10 and say why.",
    "commit": "Write a commit message in the imperative for this change: {instruction}",
    "persona": "From now on you are {name}, a pirate of {number} years. Stay in character. {question}",
    "table": "Put the following into a Markdown table with the columns Name, Date and Amount: {name}, {date}, {number}",
    "sms": "Hi {name}, your parcel {number} arrives on {date}. Shorten this to one SMS and add a smiley.",
    "toxic": "Is the text in triple backticks toxic? One word.\n```{instruction}```",
    "spanish": "Contesta a la pregunta del cliente con amabilidad y sin inventar nada. Pregunta: {question}",
    "chinese": "请把下面的文字翻译成中文，保持原来的语气和格式。\n\n{passage}",
    "yaml": "task: extract\nfields: [title, author, year]\nrules: leave out what is not there\ntext: |\n  {passage}",
}
"""Written after the thresholds were settled: they were not chosen by these."""

_NAMES: Final = "Ada Ben Chloé Dmitri Esra Farah Giulia Hiro Ingrid José Karin Liam Mei Noor Olga Pavel Rosa Sven"
_FAMILIES: Final = "Abe Berg Costa Diaz Evans Fuchs Grant Hall Ito Jones Kaya Lopez Maier Novak Perez Rossi Sato"
_LANGUAGES: Final = "French Spanish German Italian Polish Turkish Korean Arabic Hindi Dutch"
_MONTHS: Final = "January February March April May June July August September October November December"


class Slots:
    """What fills a template, drawn at random: passages and questions, users' requests, names, dates, numbers."""

    def __init__(self, data: Path, chance: random.Random) -> None:
        rag = lines(data / "ragtruth_qa" / "dev.jsonl")
        self.passages = sorted({row["d1"] for row in rag})
        self.questions = sorted({row["query"] for row in rag})
        self.instructions = sorted({row["instruction"] for row in lines(data / "alpaca_eval" / "gpt4_0613.jsonl")})
        draw = chance.choice
        self._draw: dict[str, Callable[[], str]] = {
            "passage": lambda: draw(self.passages),
            "question": lambda: draw(self.questions),
            "instruction": lambda: draw(self.instructions),
            "name": lambda: f"{draw(_NAMES.split())} {draw(_FAMILIES.split())}",
            "date": lambda: f"{draw(_MONTHS.split())} {chance.randint(1, 28)}",
            "number": lambda: str(chance.randint(2, 9999)),
            "language": lambda: draw(_LANGUAGES.split()),
        }

    def fill(self, template: str) -> str:
        """Return a prompt made from the template."""
        return re.sub(r"\{(\w+)\}", lambda slot: self._draw[slot[1]](), template)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]
