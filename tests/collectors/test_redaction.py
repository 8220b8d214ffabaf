"""What redaction promises of a text and of a row (`windvane.collectors.redaction`)."""

from __future__ import annotations

import json
import random
import time
from typing import Any

import pytest

from benchmarks.redaction_texts import decoys, planted
from tests.collectors.records import row
from windvane.collectors.event import NAMES, Row
from windvane.collectors.redaction.kinds import KINDS, Kind, masks
from windvane.collectors.redaction.policy import Bodies, Policy, Way
from windvane.collectors.redaction.redactor import Redactor, mark
from windvane.errors import ConfigError

KEY = b"a key of the test's"


def redact(text: str, ways: str = "mask", **more: Any) -> str:
    return Redactor(Policy(**more, key=KEY) if more else Policy.read(ways)).text(text)[0]


def cells(redacted: Row) -> dict[str, Any]:
    return {name: cell for name, cell in zip(NAMES, redacted, strict=True) if cell is not None}


# Published examples, or made to the published rule; those of secrets are nobody's.
EXAMPLES: dict[Kind, list[str]] = {
    Kind.PROVIDER_KEY: [
        "sk-proj-4fq09Zk2mPq8LwXyz01AbCdEfGhIjKl",
        "sk-ant-api03-A1b2C3d4E5f6G7h8I9j0",
        "hf_" + "aB3" * 11,
    ],
    Kind.CLOUD_KEY: ["AKIAIOSFODNN7EXAMPLE", "AIza" + "SyaB3dE5gH7jK9mN1pQ3sT5vW7xY9zA1b2C", "dop_v1_" + "0f" * 32],
    Kind.GIT_TOKEN: ["ghp_" + "aB3" * 12, "glpat-aB3dE5gH7jK9mN1pQ3sT"],
    Kind.PAYMENT_KEY: ["sk_" + "live_4eC39HqLyjWDarjtT1zdp7dc"],
    Kind.SERVICE_TOKEN: [
        "xoxb-" + "123456789012-aB3dE5gH7jK9mN1pQ3sT5v",
        "npm_" + "aB3" * 12,
        "SK" + "0f1e2d3c4b5a6978" * 2,
    ],
    Kind.JWT: ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"],
    Kind.EMAIL: ["ann.lee+news@mail.shop.example", "JOSÉ@shop.example", "o'neil@shop.example"],
    Kind.PHONE: ["+49 30 1234567", "(415) 555-2671", "+1 415 555 2671 ext. 12", "06 12 34 56 78", "020 7946 0958"],
    Kind.CARD: ["4111111111111111", "5500-0000-0000-0004", "3400 000000 00009", "6011 0000 0000 0004"],
    Kind.IBAN: [
        "GB82 WEST 1234 5698 7654 32",
        "DE89370400440532013000",
        "NL91ABNA0417164300",
        "gb82west12345698765432",
    ],
    Kind.IP: ["203.0.113.7", "8.8.8.8", "2001:db8:85a3::8a2e:370:7334", "6e40:4041:c617:e898:c11:40d2:c669:2eb4"],
    Kind.US_SSN: ["856-45-6789"],
    Kind.BR_CPF: ["529.982.247-25", "52998224725"],
    Kind.BR_CNPJ: ["11.222.333/0001-81", "11222333000181"],
    Kind.AR_CUIT: ["20-12345678-6"],
    Kind.CL_RUT: ["12.345.678-5"],
    Kind.ES_DNI: ["12345678Z", "X1234567L", "12345678-Z"],
    Kind.IT_CODICE_FISCALE: ["RSSMRA85T10A562S"],
    Kind.FR_NIR: ["255081416802538", "2 55 08 14 168 025 38"],
    Kind.DE_STEUER_ID: ["86095742719", "86 095 742 719"],
    Kind.PL_PESEL: ["44051401359"],
    Kind.SE_PERSONNUMMER: ["811228-9874"],
    Kind.NO_FODSELSNUMMER: ["29029900157"],
    Kind.CH_AHV: ["756.9217.0769.85", "7569217076985"],
    Kind.CN_RESIDENT_ID: ["11010519491231002X"],
    Kind.BE_NRN: ["85.07.30-033.28"],
}
IN_CONTEXT: dict[Kind, list[str]] = {
    Kind.PRIVATE_KEY: ["<-----BEGIN EC PRIVATE KEY-----\nMHQCAQEE\nq83\n-----END EC PRIVATE KEY----->",
                       "<-----BEGIN PRIVATE KEY-----\nMIIEvQ>"],
    Kind.URL_PASSWORD: ["postgres://app:<p4ss>@db:5432/x", r"{\"u\": \"https:\/\/ann:<s3cret!>@h.example\"}", "redis://:<x>@h"],
    Kind.AUTHORIZATION: ["Authorization: Bearer <abcdef123456>", "Authorization: Basic <YW5uOnMzY3JldA==>",
                         "-H 'Bearer <a1b2c3d4e5f6a7b8c9d0>'", "Cookie: theme=dark; sid=<a1b2c3d4e5f6a7b8c9d0>"],
    Kind.PASSWORD: ['password="<hunter2x>"', "DB_PASSWORD=<s3cr3tpass>", '{"password": "<Tr0ub4dor&3>"}',
                    "my password is <Tr0ub4dor&3>"],
    Kind.SECRET: ["aws_secret_access_key = <wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY>",
                  "?access_token=<a1b2c3d4e5f6a7b8c9>&x=1", '"x-api-key": "<a1b2c3d4e5f6a7b8c9>"'],
    Kind.PHONE: ["Phone: <467 3395>", "call me at <9472 7916>", "<416 60 039> office", "电话:<13812345678>"],
    Kind.UK_NHS: ["NHS number <943 476 5919>"],
    Kind.NL_BSN: ["BSN: <111222333>"],
    Kind.CA_SIN: ["SIN <046 454 286>"],
    Kind.IN_AADHAAR: ["Aadhaar <234123412346>"],
    Kind.AU_TFN: ["TFN <123456782>"],
    Kind.PT_NIF: ["NIF <123456789>"],
    Kind.TR_KIMLIK: ["TC kimlik no <10000000146>"],
    Kind.US_SSN: ["SSN <856456789>"],
}  # fmt: skip
"""With what must be masked between the angles."""


def test_every_kind_has_an_example_here_and_a_source() -> None:
    assert {*EXAMPLES, *IN_CONTEXT} == set(Kind) == set(KINDS)


@pytest.mark.parametrize(("kind", "found"), [(kind, each) for kind, some in EXAMPLES.items() for each in some], ids=str)
def test_what_is_known_by_its_form_is_masked_wherever_it_stands(kind: Kind, found: str) -> None:
    for place in ("{}", "it is {}, and more", "a\n{}\nb", '{{"x": "{}"}}', "f('{}')", "x={}", "它是{}。", "a,{},2"):
        assert redact(place.format(found)) == place.format(f"[{kind.upper()}]")


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, each) for kind, some in IN_CONTEXT.items() for each in some], ids=str
)
def test_what_is_known_by_what_stands_before_it_is_masked(kind: Kind, text: str) -> None:
    before, _, rest = text.partition("<")
    found, _, after = rest.rpartition(">")
    assert redact(before + found + after) == f"{before}[{kind.upper()}]{after}"


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112", "GB83 WEST 1234 5698 7654 32", "12345678A", "RSSMRA85T10A562T", "529.982.247-26",
        "666-45-6789",
        "version 1.2.3.4", "foo==1.2.3.4", "http://127.0.0.1:7070", "netmask 255.255.255.0", "std::vector x[::2]; a::b",
        "12:34:56", "2023-11-16 10:11:12", "1700000000", "1700000000000", "1.2345678901234",
        "the years 1914-1918, 1939-1945",
        "550e8400-e29b-41d4-a716-446655440000", "icon@2x.png", "git@github.com:owner/name", "@app.route('/')",
        "x @ y.T",
        "this@MainActivity.finish", "password = get_password()", "password: str", "max_tokens=4096",
        "api_key = 'your-api-key'",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxx1", "a-long-name-of-a-branch-2024", "token = self.tokens[0]",
        "key = 'abcdefghij12345'",
        "https://host/path?page=2", "AuthenticationTokenProviderFactory1", "order 12345678", "10 000 000 people",
    ],
)  # fmt: skip
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert redact(text) == text


def test_texts_made_to_look_like_secrets_are_left_alone() -> None:
    texts = list(decoys(1000, seed=31))
    assert sum(redact(text) != text for text in texts) <= len(texts) // 200


@pytest.mark.parametrize(
    "text",
    [
        r"{\"to\": \"key:\nsk-proj-4fq09Zk2mPq8LwXyz01AbCdEf\"}", r'"a\u0040b.example"', r'"\u201cann@b.example\u201d"',
        r"\\\"card\\\": \\\"4111111111111111\\\"", "to=ann%40b.example", r"\tghp_aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3",
        r'{"x": "\u00e94111111111111111"}',
    ],
)  # fmt: skip
def test_an_escape_hides_nothing(text: str) -> None:
    assert masks().search(redact(text))


def test_json_stays_json_and_what_is_masked_is_left_alone() -> None:
    chance, texts = random.Random(5), list(planted(12, seed=5))
    for ways in ("mask", "hash", "drop"):
        for _ in range(300):
            first, second, third = (each.text for each in chance.sample(texts, 3))
            inner = json.dumps({"x": second, "card": 4111111111111111})
            whole = [{"role": "user", "content": first, "n": 4111111111111111}, {"a": inner, "é": third}, -1.5]
            text = json.dumps(whole, ensure_ascii=chance.random() < 0.5, indent=chance.choice([None, 1]))
            redacted = redact(text, ways)
            back = json.loads(redacted)
            assert back[0]["role"] == "user" and back[2] == -1.5 and "4111111111111111" not in redacted
            json.loads(back[1]["a"])
            assert redact(redacted, ways) == redacted


def test_a_text_tells_how_many_of_each_kind_it_held() -> None:
    assert Redactor(Policy()).text("a@b.example, c@d.example, 4111111111111111")[1] == {"email": 2, "card": 1}


def test_a_keyed_hash_joins_the_notations_of_one_person_and_no_other() -> None:
    one, other, strange = (redact(text, way=Way.HASH) for text in ("Ann@b.example", "ann@B.example", "bob@b.example"))
    assert one == other != strange and masks().fullmatch(one)
    assert redact("+49 30 1234567", way=Way.HASH) == redact("+49-30-1234567", way=Way.HASH)
    assert one != Redactor(Policy(way=Way.HASH, key=b"another")).text("ann@b.example")[0]


@pytest.mark.parametrize(
    ("ways", "expected"),
    [
        ("mask", "[EMAIL] [IP]"), ("drop", " "), ("off", "a@b.example 8.8.8.8"), ("mask; ip=off", "[EMAIL] 8.8.8.8"),
        ("off; email=mask", "[EMAIL] 8.8.8.8"), ("email=drop", " [IP]"),
    ],
)  # fmt: skip
def test_the_way_is_chosen_for_all_or_by_kind(ways: str, expected: str) -> None:
    assert redact("a@b.example 8.8.8.8", ways) == expected


def test_what_is_allowed_stays_and_kinds_of_one_s_own_are_masked() -> None:
    policy = Policy(allow=("support@shop.example", "*@test.example"), patterns={"employee_id": r"\bE-[0-9]{6}\b"})
    text = "Support@shop.example, x@test.example, ann@shop.example, E-123456"
    assert Redactor(policy).text(text)[0] == "Support@shop.example, x@test.example, [EMAIL], [EMPLOYEE_ID]"


def test_all_free_text_of_a_row_is_redacted_and_nothing_else_is_touched() -> None:
    mail = "ann@shop.example"
    given = row(
        id="e-1", service_name=mail, gen_ai_request_model=mail, trace_id="0" * 32, time=1_767_268_800_000_000,
        gen_ai_input_messages=mail, gen_ai_output_messages=mail, gen_ai_system_instructions=mail,
        gen_ai_retrieval_documents=["clean", mail], error_type=mail, error_message=mail, user_id=mail,
        gen_ai_conversation_id=mail, gen_ai_evaluation_score_label=mail, embedding=[0.5], logprobs=[-0.1],
        tags={mail: "", "phone": "467 3395"}, attributes={"card": "4111111111111111", "password": '"hunter2x"'},
    )  # fmt: skip
    redacted = cells(Redactor(Policy(key=KEY)).row(given))
    assert mail not in str({name: cell for name, cell in redacted.items() if name[:7] not in ("service", "gen_ai_")})
    assert redacted["gen_ai_retrieval_documents"] == ["clean", "[EMAIL]"]
    assert redacted["tags"] == {"[EMAIL]": "", "phone": "[PHONE]"}
    assert redacted["attributes"] == {"card": '"[CARD]"', "password": '"[PASSWORD]"'}
    assert redacted["user_id"] == redacted["gen_ai_conversation_id"] != "[EMAIL]" and "[EMAIL:" in redacted["user_id"]
    assert {name for name, cell in redacted.items() if cell == mail} == {"service_name", "gen_ai_request_model"}
    assert (redacted["embedding"], redacted["logprobs"], redacted["id"]) == ([0.5], [-0.1], "e-1")


def test_a_row_with_nothing_to_redact_is_the_row_itself() -> None:
    given = row(service_name="s", gen_ai_input_messages="why?", tags={"region": "eu"}, user_id="u-17")
    assert Redactor(Policy()).row(given) is given


@pytest.mark.parametrize(
    ("service", "prompt", "document", "embedding"),
    [
        ("open", "to a@b.example", "a@b.example", [0.5]), ("usual", "to [EMAIL]", "[EMAIL]", [0.5]),
        ("closed", None, None, None),
    ],
)  # fmt: skip
def test_what_is_sent_of_bodies_is_chosen_by_service(service: str, prompt: Any, document: Any, embedding: Any) -> None:
    policy = Policy(services={"open": Bodies.FULL, "closed": Bodies.NONE})
    given = row(service_name=service, gen_ai_input_messages="to a@b.example",
                gen_ai_retrieval_documents=["a@b.example"], embedding=[0.5], error_message="a@b.example")  # fmt: skip
    redacted = cells(Redactor(policy).row(given))
    assert redacted.get("gen_ai_input_messages") == prompt and redacted.get("embedding") == embedding
    assert redacted.get("gen_ai_retrieval_documents", [None])[0] == document
    assert redacted["error_message"] == "[EMAIL]"


def test_hashed_bodies_are_equal_where_the_texts_are() -> None:
    redactor = Redactor(Policy(bodies=Bodies.HASH, key=KEY))
    rows = [row(gen_ai_input_messages=text, embedding=[0.5]) for text in ("why?", "why?", "how?")]
    first, second, third = (cells(redactor.row(each)) for each in rows)
    assert first == second != third and set(first) == {"gen_ai_input_messages"}
    assert masks().fullmatch(first["gen_ai_input_messages"])


def test_a_long_text_is_cut_with_a_mark_and_what_the_cut_meets_is_masked_whole() -> None:
    redactor = Redactor(Policy(body_chars=100))
    text = "x " * 45 + "ghp_" + "aB3" * 12 + " and more" * 20
    (cut,) = cells(redactor.row(row(gen_ai_input_messages=text))).values()
    assert cut == "x " * 45 + "[GIT_TOKEN]" + mark(len(text) - 100)
    assert cells(redactor.row(row(gen_ai_input_messages=cut))) == {"gen_ai_input_messages": cut}


@pytest.mark.parametrize("wrong", ["blur", "email=blur", "e-mail=mask", "mask; nothing=off"])
def test_a_policy_that_names_nothing_known_is_a_config_error(wrong: str) -> None:
    with pytest.raises(ConfigError):
        Policy.read(wrong)


@pytest.mark.parametrize("patterns", [{"email": "x"}, {"No Name": "x"}, {"broken": "("}])
def test_a_pattern_that_cannot_be_is_a_config_error(patterns: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        Policy(patterns=patterns)


@pytest.mark.parametrize(
    "part",
    [
        "1", "1 ", "4111 ", "@", "a@", "a@a.", "eyJ", "eyJ-", "eyJaaaaaaaaaaaaaaa1.", "://:@", "://a:", "pass=",
        "password: x1",
        ":", "1:", "fe80::1:", "[EMAIL]a@b.com ", "\\", "\\u0040", "%40", "-----BEGIN RSA PRIVATE KEY-----", "sk-1",
        "A1b-",
        "+1 2", "(0", "1.", "1.1.1.1 ", "00 1", "GB82WEST12345698765431 ", "cookie: a=1;", '{"a":"\\"',
        "4111111111111111,",
        "tel 1234567 ", "key=abcdefgh12345678 ", "a1b8Q~", "12345678:AA", "1-", "01/", "a.a.", "\\\\u0061", "é@é.",
    ],
)  # fmt: skip
def test_no_text_takes_more_than_its_length_in_time(part: str) -> None:
    """A pattern that backtracks takes minutes where this takes milliseconds."""
    text = (part * (256 * 1024 // len(part) + 1))[: 256 * 1024]
    began = time.process_time()
    redact(text)
    assert time.process_time() - began < 10
