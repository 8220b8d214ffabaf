"""Texts that hold one secret or personal datum each, drawn with a seed, in surroundings and forms that apps send.

What is planted comes from `redaction_texts.py` and from here, nothing from `collectors/redaction`. Beside each text
stands what must not be found in what was sent: the secret, its halves where it is long, both as the form writes them.
"""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple
from urllib.parse import quote, quote_plus

from benchmarks.redaction_texts import KINDS as AS_IT_IS

__all__ = ["FORMS", "KINDS", "LARGE_CHARS", "Planted", "draw", "planted"]

Draw = Callable[[random.Random], str]
LARGE_CHARS: Final = 100_000
_LEAST_HALF: Final = 24
"""Of a secret of so many characters, either half must not be left."""
_LEAST_BASE64: Final = 16
"""Characters of a text that somebody would encode."""
_KEY_CHARS: Final = string.ascii_letters + string.digits


class Planted(NamedTuple):
    """A text, what was planted in it, and what of it must not be found."""

    kind: str
    form: str
    text: str
    needles: tuple[str, ...]


def _digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choices(string.digits, k=count))


def _sound(pattern: Draw, is_sound: Callable[[str], bool]) -> Draw:
    def drawn(chance: random.Random) -> str:
        while not is_sound(found := pattern(chance)):
            pass
        return found

    return drawn


def _sum(number: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))


def _of(count: int, is_sound: Callable[[str], bool], begin: str = "") -> Draw:
    return _sound(lambda chance: begin + _digits(chance, count - len(begin)), is_sound)


def _cnpj(chance: random.Random) -> str:
    number = _digits(chance, 8) + "0001"
    for weights in ((5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2), (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)):
        rest = _sum(number, weights) % 11
        number += str(0 if rest < 2 else 11 - rest)
    return f"{number[:2]}.{number[2:5]}.{number[5:8]}/{number[8:12]}-{number[12:]}"


def _luhn(number: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number)))
    return sum(one - 9 * (one > 9) for one in doubled) % 10 == 0


def _steuer_id(number: str) -> bool:
    counts = sorted(map(number[:10].count, set(number[:10])))
    product = 10
    for digit in number[:10]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return number[0] != "0" and counts[-1] == 2 and len(counts) == 9 and (11 - product) % 10 == int(number[10])


def _cn(chance: random.Random) -> str:
    number = f"{chance.randrange(110000, 659000)}{chance.randrange(1950, 2005)}{chance.randrange(1, 13):02}"
    number += f"{chance.randrange(1, 29):02}{_digits(chance, 3)}"
    return number + "10X98765432"[_sum(number, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)) % 11]


def _personnummer(chance: random.Random) -> str:
    born = f"{chance.randrange(100):02}{chance.randrange(1, 13):02}{chance.randrange(1, 29):02}"
    return next(f"{born}-{three}{last}" for three in (_digits(chance, 3),) for last in string.digits
                if _luhn(born + three + last))  # fmt: skip


def _kimlik(chance: random.Random) -> str:
    number = str(chance.randrange(10**8, 10**9))
    number += str((sum(map(int, number[::2])) * 7 - sum(map(int, number[1::2]))) % 10)
    return number + str(sum(map(int, number)) % 10)


def _key(chance: random.Random) -> str:
    return "".join(chance.choices(_KEY_CHARS, k=chance.choice([32, 40, 48])))


def _password(chance: random.Random) -> str:
    """A password as a generator makes it: letters of both cases, digits, a sign."""
    made = [chance.choice(string.ascii_lowercase) for _ in range(5)] + chance.choices(string.ascii_uppercase, k=3)
    made += [*_digits(chance, 3), chance.choice("!#*-_.")]
    chance.shuffle(made)
    return chance.choice(string.ascii_letters) + "".join(made)


def _basic(chance: random.Random) -> str:
    return base64.b64encode(f"ann:{_password(chance)}".encode()).decode()


_NUMBERS: Final[dict[str, tuple[Draw, ...]]] = {
    "br_cnpj": (_cnpj,),
    "de_steuer_id": (_of(11, _steuer_id),),
    "ch_ahv": (_of(13, lambda n: _sum(n, (1, 3) * 6 + (1,)) % 10 == 0, "756"),),
    "cn_resident_id": (_cn,),
    "se_personnummer": (_personnummer,),
}
_WORDED: Final[dict[str, tuple[tuple[str, Draw], ...]]] = {
    "uk_nhs": (("NHS number {}", _of(10, lambda n: n[9] == str((11 - _sum(n, range(10, 1, -1)) % 11) % 11))),),
    "nl_bsn": (("BSN: {}", _of(9, lambda n: n[0] != "0" and _sum(n, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0)),),
    "ca_sin": (("SIN {}", _of(9, lambda n: n[0] != "0" and _luhn(n))),),
    "au_tfn": (("TFN {}", _of(9, lambda n: _sum(n, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0)),),
    "tr_kimlik": (("TC kimlik no {}", _kimlik),),
    "us_ssn": (("SSN {}", _sound(lambda c: f"{c.randrange(1, 899):03}{c.randrange(1, 99):02}{c.randrange(1, 9999):04}",
                                 lambda n: n[:3] != "666")),),
    "phone": (("phone: {}", lambda c: f"{c.randrange(200, 999)} {_digits(c, 4)}"),
              ("call me at {}", lambda c: f"9{_digits(c, 3)} {_digits(c, 4)}"),
              ("电话:{}", lambda c: f"138{_digits(c, 8)}")),
    "password": tuple((place, _password) for place in (
        'password = "{}"', "DB_PASSWORD={}", '{"user": "ann", "password": "{}"}', "password: {}\nuser: ann",
        "curl -u ann:{} https://host.example/x", "PGPASSWORD={} psql -h db", "machine h login ann password {}",
        "?user=ann&password={}&x=1", "the password is {} and it fails", "spring.datasource.password={}",
        "psycopg.connect(host='db', user='app', password='{}')", "Passwort: {}", "mysql --password={} shop",
        "Server=db;User Id=app;Password={};Encrypt=yes", "<password>{}</password>", "<clientSecret>{}</clientSecret>",
        "(user='ann', pwd='{}')", "mysql -u root -p{} shop", "sshpass -p '{}' ssh h",
        "docker login -u ann -p {} r.example", "mongosh --password {} h", "ldapsearch -D cn=a -w {} -b dc",
        "db.example:5432:shop:app:{}", "pw={}",
        "machine h\n  login ann\n  password {}", '<add key="password" value="{}"/>', "<db:Password>{}</db:Password>",
        '{"name": "DB_PASSWORD", "value": "{}"}', "- name: DB_PASSWORD\n  value: {}", "| password | {} |",
        "**Password:** `{}`", "the password for the db is {}", "reset your password to {}", "with password '{}'",
        "CREATE USER 'a'@'h' IDENTIFIED BY '{}';", "ALTER ROLE a PASSWORD '{}'", "ENV DB_PASSWORD {}", "contraseña: {}",
        "INSERT INTO users (name, password) VALUES ('ann', '{}')", "пароль: {}", "密码是{}", "パスワード：{}",
        "&quot;password&quot;: &quot;{}&quot;", "jdbc:sqlserver://h;user=sa;password={};encrypt=true",
    )),
    "secret": tuple((place, _key) for place in (
        'api_key = "{}"', "CLIENT_SECRET={}", '{"access_token": "{}", "n": 1}', "x-api-key: {}", "?api_key={}&q=1",
        "azure_openai_api_key: '{}'", "auth_token={}", "aws_secret_access_key = {}", "AccountKey={};Endpoint",
        "curl -H 'api-key: {}' host", "{'x-api-key': '{}', 'accept': '*/*'}", "secret: {}",
        "Max retries exceeded with url: /v1/x?api_key={} (Caused by NewConnectionError('x'))",
        "GET https://api.example/v1/data?token={}&page=2 HTTP/1.1", "Incorrect API key provided: {}.",
        "https://maps.example/json?address=x&key={}", "headers=[(b'x-api-key', b'{}')]",
        "Headers({'api-key': '{}', 'host': 'x'})", "https://b.example/o?sig={}&se=2026",
        "refresh_token={}", '"client_secret": "{}"', "-----\nSECRET_KEY='{}'", "Ocp-Apim-Subscription-Key: {}",
        "vercel --token {}", "--api-key {} -v", "| API key | {} |", "**API key:** `{}`", "my API key is {}",
        "setx API_KEY {}",
        'os.environ["OPENAI_API_KEY"] = "{}"', "- name: API_KEY\n  value: {}", '<add key="ApiKey" value="{}"/>',
        "<X-API-KEY>{}</X-API-KEY>", "SECRET_KEY_BASE={}", "APP_KEY=base64:{}", "Token (prod): {}", "密钥：{}",
        "#define API_KEY \"{}\"", "JSESSIONID={}", "PrivateKey = {}", "the secret is {}",
        "&quot;api_key&quot;: &quot;{}&quot;",
    )),
    "authorization": tuple((place, draw) for place, draw in (
        ("Authorization: Bearer {}", _key), ('"authorization": "Bearer {}"', _key),
        ("Authorization: Basic {}", _basic), ("Cookie: theme=dark; session={}", _key), ("-H 'Bearer {}'", _key),
        ("{'Authorization': 'Bearer {}', 'Accept': 'x'}", _key), ("Headers([('authorization', 'Bearer {}')])", _key),
        ("request failed: headers={'authorization': 'Basic {}'}", _basic),
        ("[(b'authorization', b'Bearer {}')]", _key), ("Authorization: Token {}", _key),
        ("authorization=Bearer {}", _key),
        ("Authorization: Splunk {}", _key), ('Authorization: Digest username="a", nonce="{}", uri="/"', _key),
        ("Authorization: AWS4-HMAC-SHA256 Credential=x/y, SignedHeaders=host, Signature={}", _key),
        ("the bearer token is {}", _key),
        ("Set-Cookie: sid={}; Path=/; HttpOnly", _key), ("Proxy-Authorization: Basic {}", _basic),
    )),
    "url_password": tuple((place, _key) for place in (
        "postgresql://app:{}@db.internal:5432/shop", "redis://:{}@cache:6379/0", "see https://ann:{}@host.example/x",
        "mongodb+srv://u:{}@cluster0.example.net", "amqp://guest:{}@mq//", "git clone https://{}@git.example/o/r.git",
    )),
}  # fmt: skip

KINDS: Final = (*sorted({*AS_IT_IS, *_NUMBERS, *_WORDED}),)
"""Kinds of what is planted, by their names in `windvane.collectors.redaction.kinds`."""

FORMS: Final = ("plain", "json", "json in json", "url", "url twice", "base64")
"""How a text is written where it is sent."""

_AROUND: Final = (
    "Please use {} for this and tell me when it is done.", "{}", 'value = "{}"\nprint(value)  # as it was',
    'The log said: "failed for {}, trying again".', "it is\n{}\nas of today", "see ({}) or ask",
    "- first\n- {}\n- last", "John,{},2024", "<td>{}</td>", "它是{}。请稍后再试", "Bitte nehmen Sie {}, danke.",
    "Utilisez {} pour cela, s’il vous plaît.", "Usa {} y avísame, ¿vale?", "これは{}です。", "استخدم {} من فضلك",
    "Вот {} — проверьте.", "const x = `{}`;", "SELECT * FROM t WHERE a = '{}' -- why", "# {}\n\n> quoted\n",
    "Traceback (most recent call last):\n  File \"a.py\", line 3, in f\nRuntimeError: {}", "a | {} | b",
    "2026-11-30T16:19:03Z ERROR shop.api {} request_id=7f3a", "user: {}\nassistant: thanks", "**{}**", "\t{}\t",
)  # fmt: skip

_PROSE: Final = (
    "The refund for your order should arrive within five working days. ", "Das Paket kommt am Montag. ",
    "Le colis est en route, merci de votre patience. ", "El pedido llega mañana. ", "订单正在处理中，请稍等。",
    "def total(items):\n    return sum(item.price for item in items)\n", "注文は処理中です。", "Заказ в пути. ",
)  # fmt: skip


def draw(kind: str, number: int, chance: random.Random) -> tuple[str, str]:
    """Return what makes a secret known, with the secret in it, and the secret."""
    given: list[tuple[str, Draw]] = [("{}", each) for each in (*AS_IT_IS.get(kind, ()), *_NUMBERS.get(kind, ()))]
    given += _WORDED.get(kind, ())
    place, draws = given[number % len(given)]
    secret = draws(chance)
    return place.replace("{}", secret, 1) if "{}" in place else place, secret


def planted(count: int, seed: int = 0, *, forms: Sequence[str] = FORMS, large: int = 40) -> Iterator[Planted]:
    """Yield texts, kind after kind and form after form; one of `large` has 100,000 characters."""
    chance = random.Random(seed)
    for number in range(count):
        turn, place = divmod(number, len(KINDS))
        kind, form = KINDS[place], forms[turn % len(forms)]
        line, secret = draw(kind, turn // len(forms) + place, chance)
        around = chance.choice(_AROUND).replace("{}", "\0", 1)
        plain = around.replace("\0", line)
        if form == "base64" and len(line) < _LEAST_BASE64:
            line = f"note: {line} (as told by phone)"
        text = _formed(plain, line, form, chance)
        if number % large == large - 1:
            text = _amid(text, chance)
        yield Planted(kind, form, text, _needles(secret, form, line))


def _formed(plain: str, line: str, form: str, chance: random.Random) -> str:
    if form == "json":
        return json.dumps([{"role": "user", "content": plain}], ensure_ascii=chance.random() < 0.5)
    if form == "json in json":
        inner = json.dumps({"note": plain, "n": 7}, ensure_ascii=chance.random() < 0.5)
        return json.dumps({"name": "send", "arguments": inner})
    if form == "url":
        written = chance.choice([quote, quote_plus])(plain, safe="")
        return f"https://shop.example/search?q={written}&page=2"
    if form == "url twice":
        return f"https://shop.example/login?next={quote(quote('/a?q=' + quote_plus(plain), safe=''), safe='')}"
    if form == "base64":
        encode = chance.choice([base64.b64encode, base64.urlsafe_b64encode])
        return f"it came as {encode(line.encode()).decode()} from the queue"
    return plain


def _amid(text: str, chance: random.Random) -> str:
    """Put a text at the begin, the end or a border within 100,000 characters of prose and code."""
    filler = "".join(chance.choices(_PROSE, k=4 * LARGE_CHARS // len("".join(_PROSE)) * 8))[:LARGE_CHARS]
    at = chance.choice([0, 8_192, 32_768, 65_000, 65_536 - len(text) // 2, 65_530, LARGE_CHARS])
    return f"{filler[:at]} {text} {filler[at:]}"


def _needles(secret: str, form: str, line: str) -> tuple[str, ...]:
    """Return what must not be found: the secret whole and in halves, plain and as its form writes it."""
    parts = [secret]
    if "\n" in secret:  # a private key, line by line
        parts = [each for each in secret.split("\n") if len(each) >= _LEAST_HALF and "-----" not in each]
    elif len(secret) >= _LEAST_HALF:
        parts += [secret[: len(secret) // 2], secret[len(secret) // 2 :]]
    found = set(parts)
    for part in parts:
        found |= {json.dumps(part)[1:-1], quote(part, safe=""), quote_plus(part), quote(quote(part, safe=""), safe="")}
    if form == "base64":
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            whole = encode(line.encode()).decode().rstrip("=")
            first = line.encode().index(parts[0].encode()) * 4 // 3
            last = first + len(parts[0]) * 4 // 3
            # Where three bytes and three bytes fall differs from place to place: the middle of it is the same.
            if last - first >= 12:
                found.add(whole[first + 4 : last - 4])
    return tuple(sorted(found))
