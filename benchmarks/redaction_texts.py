"""Texts with planted secrets and personal numbers, drawn with a seed: formats as their issuers document them.

Written apart from what is measured: nothing here is taken from `collectors/redaction/formats.py`.
"""

from __future__ import annotations

import base64
import json
import random
import string
import uuid
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

__all__ = ["KINDS", "Planted", "decoys", "planted"]

_HEX: Final = "0123456789abcdef"
_ALNUM: Final = string.ascii_letters + string.digits
_URLSAFE: Final = _ALNUM + "-_"
_UPPER: Final = string.ascii_uppercase + string.digits

Draw = Callable[[random.Random], str]


class Planted(NamedTuple):
    """A text, and the secret in it: from `start` to `end` in the text as it is sent."""

    kind: str
    text: str
    start: int
    end: int


def _some(chance: random.Random, alphabet: str, count: int) -> str:
    return "".join(chance.choices(alphabet, k=count))


def _form(pattern: str) -> Draw:
    """Return what draws by a pattern: a(lnum), u(rlsafe), h(ex), U(pper), d(igit) and a count in braces."""
    alphabets = {"a": _ALNUM, "u": _URLSAFE, "h": _HEX, "U": _UPPER, "d": string.digits, "b": _UPPER[:26] + "234567"}

    def draw(chance: random.Random) -> str:
        parts = []
        for part in pattern.split("{"):
            count, brace, rest = part.partition("}")
            parts.append(_some(chance, alphabets[count[0]], int(count[1:])) + rest if brace else part)
        return "".join(parts)

    return draw


def _checked(draw: Draw, check: Callable[[str], bool]) -> Draw:
    def drawn(chance: random.Random) -> str:
        while not check(found := draw(chance)):
            pass
        return found

    return drawn


def _luhn(number: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(number)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 * (doubled > 9)
    return total % 10 == 0


def _card(chance: random.Random) -> str:
    begin, length = chance.choice(
        [
            ("4", 16),
            ("51", 16),
            ("55", 16),
            ("2221", 16),
            ("34", 15),
            ("37", 15),
            ("6011", 16),
            ("36", 14),
            ("3530", 16),
        ]
    )
    number = begin + _some(chance, string.digits, length - len(begin))
    number = next(whole for digit in string.digits if _luhn(whole := number[:-1] + digit))
    groups = [number[:4], number[4:10], number[10:]] if length < 16 else [number[at : at + 4] for at in range(0, 16, 4)]
    return chance.choice(["", "", " ", "-"]).join(groups)


def _iban(chance: random.Random) -> str:
    country, pattern = chance.choice(
        [("DE", "{d18}"), ("GB", "{b4}{d14}"), ("FR", "{d10}{U11}{d2}"), ("ES", "{d20}"), ("NL", "{b4}{d10}"),
         ("IT", "{b1}{d10}{U12}"), ("CH", "{d5}{U12}"), ("BE", "{d12}"), ("PL", "{d24}"), ("NO", "{d11}")]
    )  # fmt: skip
    account = _form(pattern)(chance).translate(str.maketrans("234567", "BCDFGH") if country in ("GB", "NL") else {})
    if country in ("GB", "NL"):
        account = account[:4].replace("2", "B") + _some(chance, string.digits, len(account) - 4)
    check = 98 - int("".join(str(int(each, 36)) for each in account + country + "00")) % 97
    whole = f"{country}{check:02}{account}"
    return whole if chance.random() < 0.5 else " ".join(whole[at : at + 4] for at in range(0, len(whole), 4))


def _jwt(chance: random.Random) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    claims = {"sub": str(chance.randrange(10**9)), "iat": chance.randrange(10**9), "name": _some(chance, _ALNUM, 8)}
    return f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}.{_some(chance, _URLSAFE, 43)}"


def _pem(chance: random.Random) -> str:
    name = chance.choice(["RSA ", "EC ", "OPENSSH ", ""])
    lines = "\n".join(_some(chance, _ALNUM + "+/", 64) for _ in range(chance.randrange(4, 20)))
    return f"-----BEGIN {name}PRIVATE KEY-----\n{lines}\n-----END {name}PRIVATE KEY-----"


def _password(chance: random.Random) -> str:
    return "".join(
        chance.sample(_some(chance, _ALNUM, chance.randrange(8, 16)) + "aB3" + chance.choice("!#$%*-_."), k=12)
    )


def _email(chance: random.Random) -> str:
    name = chance.choice(["ann", "j.smith", "maria_lopez", "o'neil", "bob+news", "x99", "li.wei-1"])
    host = chance.choice(["shop.example", "mail.example.co.uk", "corp-it.de", "gmail.com", "uni-x.edu", "a.io"])
    return f"{name}{chance.randrange(100)}@{host}"


def _ip(chance: random.Random) -> str:
    if chance.random() < 0.3:
        return ":".join(f"{chance.randrange(65536):x}" for _ in range(8))
    return ".".join(str(chance.randrange(1, 255)) for _ in range(4)).replace("127.", "126.", 1)


def _phone(chance: random.Random) -> str:
    d = _form
    pattern = chance.choice(
        ["+49 30 {d7}", "+1 415-{d1}55-{d4}", "(415) 555-{d4}", "212-555-{d4}", "+33 6 {d2} {d2} {d2} {d2}",
         "+447700 9{d5}", "020 7946 0{d3}", "06 {d2} {d2} {d2} {d2}", "+91 9{d4} {d5}",
         "+55 11 9{d4}-{d4}", "0171 {d7}"]
    )  # fmt: skip
    return d(pattern)(chance).replace("-055", "-255").replace("-155", "-255")


def _mod11(number: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False)) % 11


def _cpf(chance: random.Random) -> str:
    number = _some(chance, string.digits, 9)
    for first in (10, 11):
        rest = sum(int(digit) * (first - place) for place, digit in enumerate(number)) % 11
        number += str(0 if rest < 2 else 11 - rest)
    return number if chance.random() < 0.5 else f"{number[:3]}.{number[3:6]}.{number[6:9]}-{number[9:]}"


def _dni(chance: random.Random) -> str:
    number = chance.randrange(10**7, 10**8)
    return f"{number}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"


def _pesel(chance: random.Random) -> str:
    number = f"{chance.randrange(100):02}{chance.randrange(1, 13):02}{chance.randrange(1, 29):02}"
    number += f"{chance.randrange(10**4):04}"
    return number + str(-sum(int(d) * w for d, w in zip(number, (1, 3, 7, 9) * 3, strict=False)) % 10)


def _nir(chance: random.Random) -> str:
    month, place = chance.randrange(1, 13), chance.randrange(1, 96)
    number = f"{chance.choice('12')}{chance.randrange(100):02}{month:02}{place:02}{chance.randrange(10**6):06}"
    number += f"{97 - int(number) % 97:02}"
    cut = (1, 3, 5, 7, 10, 13, 15)
    return number if chance.random() < 0.5 else " ".join(
        number[a:b] for a, b in zip((0, *cut), cut, strict=False)
    )  # fmt: skip


def _ssn(chance: random.Random) -> str:
    area = chance.choice([each for each in range(1, 900) if each != 666])
    return f"{area:03}-{chance.randrange(1, 100):02}-{chance.randrange(1, 10**4):04}"


def _codice(chance: random.Random) -> str:
    odd = dict(zip(string.digits + string.ascii_uppercase,
                   [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12,
                    14, 16, 10, 22, 25, 24, 23], strict=True))  # fmt: skip
    code = _some(chance, string.ascii_uppercase, 6) + f"{chance.randrange(100):02}{chance.choice('ABCDEHLMPRST')}"
    code += f"{chance.randrange(1, 32):02}{chance.choice(string.ascii_uppercase)}{chance.randrange(1000):03}"
    even = sum(int(each) if each.isdigit() else ord(each) - 65 for each in code[1::2])
    return code + chr(65 + (sum(odd[each] for each in code[::2]) + even) % 26)


KINDS: Final[dict[str, tuple[Draw, ...]]] = {
    "provider_key": tuple(map(_form, (
        "sk-{a20}T3BlbkFJ{a20}", "sk-proj-{u74}T3BlbkFJ{u74}", "sk-ant-api03-{u93}AA", "hf_{a34}", "gsk_{a52}",
        "sk-or-v1-{h64}", "xai-{a80}", "pplx-{a48}", "r8_{a37}", "nvapi-{u64}", "sk-{h32}",
        "sk-svcacct-{u60}", "tvly-{a32}", "fc-{h32}", "apify_api_{a36}", "e2b_{h40}", "lsv2_pt_{h32}_{h10}",
    ))),
    "cloud_key": tuple(map(_form, (
        "AKIA{b16}", "ASIA{b16}", "AIza{u35}", "GOCSPX-{u28}", "dop_v1_{h64}", "dapi{h32}", "hvs.{u90}", "{a3}8Q~{a34}",
        "ya29.{u120}", "glsa_{a32}_{h8}", "LTAI{a20}", "dp.pt.{a43}", "sha256~{u43}", "vcp_{a56}", "nfp_{a36}",
        "pscale_tkn_{u43}", "napi_{a64}", "rnd_{a28}", "NRII-{u32}", "y0_{u56}",
    ))),
    "git_token": tuple(map(_form, (
        "ghp_{a36}", "gho_{a36}", "ghs_{a36}", "github_pat_{a22}_{a59}", "glpat-{u20}", "ATBB{a32}",
    ))),
    "payment_key": tuple(map(_form, (
        "sk_live_{a24}", "rk_live_{a24}", "sk_test_{a99}", "whsec_{a32}", "sq0atp-{u22}", "shpat_{h32}",
        "rzp_live_{a14}",
    ))),
    "service_token": tuple(map(_form, (
        "xoxb-{d12}-{d12}-{a24}", "xoxp-{d12}-{d12}-{d12}-{h32}", "SG.{u22}.{u43}", "SK{h32}", "npm_{a36}", "key-{h32}",
        "pypi-AgEIcHlwaS5vcmc{u90}", "dckr_pat_{u27}", "{d10}:AA{u33}", "lin_api_{a40}", "ntn_{a43}", "figd_{u40}",
        "squ_{h40}", "AKCp{a69}", "dckr_oat_{u32}", "lin_oauth_{h64}", "{h32}-{h8}-{h8}", "shippo_live_{h40}",
        "rdme_{h70}", "IGQVJ{a120}", "sl.{u130}",
    ))),
    "jwt": (_jwt,),
    "private_key": (_pem,),
    "card": (_card,),
    "iban": (_iban,),
    "email": (_email,),
    "ip": (_ip,),
    "phone": (_phone,),
    "us_ssn": (_ssn,),
    "br_cpf": (_cpf,),
    "es_dni": (_dni,),
    "it_codice_fiscale": (_codice,),
    "fr_nir": (_nir,),
    "pl_pesel": (_pesel,),
}  # fmt: skip
"""What is planted as it is, by kind. What its surroundings make a secret is `_GIVEN`."""

_PLACES: Final = (
    "Please use {} for this and tell me when it is done.", "{}", 'value = "{}"\nprint(value)', "curl -d '{}' host",
    'The log said: "failed for {}, trying again".', "it is\n{}\nas of today", "see ({}) or ask",
    "- first\n- {}\n- last",
    "John,{},2024", "<td>{}</td>", "X={}", "它是{}。", "field: {}",
)  # fmt: skip

_GIVEN: Final[dict[str, tuple[tuple[str, Draw], ...]]] = {
    "password": tuple((place, _password) for place in (
        'password = "{}"', "DB_PASSWORD={}", '{{"password": "{}"}}', "password: {}\nuser: ann", "passwd='{}'",
        "?user=ann&password={}&x=1", "my password is {} and it fails",
    )),
    "secret": tuple((place, _form("{a32}")) for place in (
        'api_key = "{}"', "CLIENT_SECRET={}", '{{"access_token": "{}"}}', "x-api-key: {}", "?api_key={}&q=1",
        "azure_openai_api_key: '{}'", "auth_token={}", "aws_secret_access_key = {}", "AccountKey={};Endpoint",
    )),
    "authorization": (
        ("Authorization: Bearer {}", _form("{a40}")), ('"authorization": "Bearer {}"', _form("{u64}")),
        ("Authorization: Basic {}", lambda chance: base64.b64encode(f"ann:{_password(chance)}".encode()).decode()),
        ("Cookie: theme=dark; session={}", _form("{a40}")), ("-H 'Bearer {}'", _form("{a32}")),
    ),
    "url_password": tuple((place, _form("{a14}")) for place in (
        "postgresql://app:{}@db.internal:5432/shop", "redis://:{}@cache:6379/0", "see https://ann:{}@host.example/x",
        "mongodb+srv://u:{}@cluster0.example.net", "amqp://guest:{}@mq//",
    )),
}  # fmt: skip


def planted(each: int, seed: int = 0) -> Iterator[Planted]:
    """Yield `each` texts of every kind; every third is the content of a message in JSON, with its escapes."""
    chance = random.Random(seed)
    for kind, draws in KINDS.items():
        for number in range(each):
            yield _wrapped(kind, chance.choice(_PLACES), draws[number % len(draws)](chance), number)
    for kind, given in _GIVEN.items():
        for number in range(each):
            place, draw = given[number % len(given)]
            yield _wrapped(kind, place.replace("{{", "\0").replace("}}", "\1"), draw(chance), number)


def _wrapped(kind: str, place: str, secret: str, number: int) -> Planted:
    before, _, after = place.partition("{}")
    before, after = (part.replace("\0", "{").replace("\1", "}") for part in (before, after))
    if number % 3 == 2:
        head = '[{"role": "user", "content": "'
        before, secret, after = (json.dumps(part)[1:-1] for part in (before, secret, after))
        before, after = head + before, after + '"}]'
    return Planted(kind, before + secret + after, len(before), len(before) + len(secret))


def decoys(count: int, seed: int = 0) -> Iterator[str]:
    """Yield texts without a secret that look as if: ids, hashes, versions, times, sizes, code that reads a secret."""
    chance = random.Random(seed)
    draws: list[Draw] = [
        lambda c: f"trace {uuid.UUID(int=c.getrandbits(128))} took {c.random() * 9:.6f} s",
        lambda c: f"commit {_some(c, _HEX, 40)} in {c.randrange(2000, 2030)}-0{c.randrange(1, 10)}-1{c.randrange(10)}",
        lambda c: f"at {1_600_000_000 + c.randrange(10**8)} and {1_600_000_000_000 + c.randrange(10**11)} ms",
        lambda c: f"version {c.randrange(9)}.{c.randrange(30)}.{c.randrange(30)}.{c.randrange(99)} of pip==23.1.2.4",
        lambda c: f"password = os.environ['DB_PASSWORD{c.randrange(9)}']",
        lambda c: f"token = get_token(user_{c.randrange(99)}, max_tokens={c.randrange(4096)})",
        lambda c: f"order 2024-{c.randrange(10**6):06} of {c.randrange(10**4)}.99 EUR, item {c.randrange(10**8)}",
        lambda c: f"pages {c.randrange(100, 999)}-{c.randrange(100, 999)}, ISBN 978-3-16-148410-{c.randrange(10)}",
        lambda c: f"call_{_some(c, _ALNUM, 24)} and chatcmpl-{_some(c, _ALNUM, 29)}",
        lambda c: f"data:image/png;base64,{_some(c, _ALNUM + '+/', 120)}==",
        lambda c: f"std::vector<int> x; y[::2]; 12:3{c.randrange(10)}:5{c.randrange(10)}; a::b::c",
        lambda c: f"@app.route('/v{c.randrange(9)}') def f(x): return x @ y.T  # icon@2x.png",
        lambda c: f"the years {c.randrange(1900, 1999)}-{c.randrange(2000, 2024)}, {c.randrange(1, 13)}/17/2023",
        lambda c: f"pi is 3.14159265358979, e 2.718281828, x -0.{c.randrange(10**15)}",
        lambda c: f"https://shop.example/items/{c.randrange(10**6)}?page={c.randrange(99)}&utm_source=mail",
        lambda c: "api_key = 'your-api-key-here'  # sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        lambda c: f"GET /v1/things/{_some(c, _URLSAFE, 22)} HTTP/1.1 200 {c.randrange(10**5)}",
        lambda c: f"{c.randrange(10, 99)} 000 000 people and 1,{c.randrange(100, 999)},{c.randrange(100, 999)} cars",
    ]  # fmt: skip
    for number in range(count):
        yield draws[number % len(draws)](chance)
