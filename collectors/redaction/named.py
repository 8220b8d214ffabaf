"""Whether a text may give a value to a name of secrets: the part of the gate that goes by words.

A pattern that begins with one letter is looked for at twice the speed of `in`, with a rare one at four times.
"""

from __future__ import annotations

import json
import re
from typing import Final

__all__ = ["OTHER_KEYS", "OTHER_NAMES", "may_name"]

_PASSWORD: Final = re.compile(
    rb"""p(?:ass(?:[wpc]|e\b|[0_-]{0,8}[\\"'` \t]{0,6}[=:,]|>"""
    rb"""|(?:(?<=[-/_]pass)|(?<=sshpass)|(?<=keypass)|(?<=storepass)|(?<=requirepass))\b)|wd[^a-z]"""
    rb"""|w(?:(?<![a-z]pw)|(?<=\\[nrt]pw)|(?<=\\u[0-9a-f]{4}pw))[:=])"""
)  # and not the statement of Python
_SECRET: Final = re.compile(rb"secret")
_HEADER: Final = re.compile(rb"z(?<=authoriz)ation")
_SQL: Final = re.compile(rb"dentified by")
_OPTION: Final = re.compile(rb"-(?:(?<= -)(?:p|[aw][ '\"])|u(?:ser)?[ ='\"]|u[a-z]{1,20}:)")
_SHORT_OPTION: Final = re.compile(rb"-(?<= -)(?:p|[aw][ '\"])")
_ELEMENT: Final = re.compile(rb"</[a-z0-9_.:-]{0,30}(?:key|secret|token|pwd)>")
_LOGIN: Final = re.compile(rb":0{4,5}:[\w*-]{1,40}:[\w*-]{1,40}:[^\s:]")
_PORT: Final = re.compile(rb":[0-9]{4,5}:")
OTHER_NAMES: Final = ("contraseña", "senha", "пароль", "密码", "密碼", "パスワード", "비밀번호")
"""What passwords are called elsewhere: looked for in texts that are not ASCII."""
OTHER_KEYS: Final = ("密钥", "密鑰", "令牌", "トークン", "ключ", "clé", "schlüssel")
"""What keys and tokens are."""
_OTHER_NAMES: Final = tuple((max(name.encode()[:1], b"\xc3"), name.encode()) for name in OTHER_NAMES)
"""Each with a byte that few texts have without it."""
_ESCAPED_NAME: Final = re.compile(
    rb"\\(?<=\\)u(?:00f1a|%s)"
    % b"|".join(
        json.dumps(name)[3:-1].replace("\\", r"\\{1,8}").encode() for name in OTHER_NAMES if not name[0].isascii()
    )
)
"""As JSON writes them, in JSON too."""


def may_name(raw: bytes, signs: bytes, lower: bytes, colons: int) -> bool:
    """Return whether a text may name a password or a secret.

    `signs` are the ASCII signs among its bytes, `lower` its lower case with 0 for all digits, `colons` how many it has.
    """
    if _PASSWORD.search(lower) or _SQL.search(lower):
        return True
    if (colons or b"=" in signs) and (_SECRET.search(lower) or _HEADER.search(lower)):
        return True
    if b"-" in signs and (_OPTION if colons else _SHORT_OPTION).search(lower):
        return True
    if b"</" in signs and _ELEMENT.search(lower):
        return True
    if colons > 3 and _PORT.search(signs) and _LOGIN.search(lower):
        return True
    if not raw.isascii() and any(first in raw and name in lower for first, name in _OTHER_NAMES):
        return True
    return b"\\" in signs and _ESCAPED_NAME.search(raw) is not None
