"""Salesforce record ids: 15 characters where case matters, or 18 where it need not.

The last three characters are a checksum over upper-case letters (Object Reference, "ID Field Type").
"""

from __future__ import annotations

import random
import string

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
CHECK = string.ascii_uppercase + "012345"


def full_id(value: str) -> str | None:
    """The 18-character form; None when it is no id."""
    if len(value) not in (15, 18) or not value.isascii() or not value.isalnum():
        return None
    head = value[:15]
    return head + "".join(CHECK[_upper_bits(head[at : at + 5])] for at in (0, 5, 10))


def _upper_bits(part: str) -> int:
    return sum(1 << place for place, letter in enumerate(part) if letter.isupper())


def base62(number: int, width: int) -> str:
    """A number in Salesforce's digits."""
    digits = ""
    for _ in range(width):
        number, rest = divmod(number, 62)
        digits = BASE62[rest] + digits
    return digits


def draw_prefixes(names: list[str], dice: random.Random) -> dict[str, str]:
    """A prefix per custom object; an org hands these out itself, so nobody may rely on them."""
    pool = [f"a{digit}{letter}" for digit in string.digits for letter in string.ascii_letters]
    return dict(zip(names, dice.sample(pool, len(names)), strict=True))
