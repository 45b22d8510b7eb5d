"""How texts and values from outside are shown to a person: harmless, and short."""

from __future__ import annotations

import reprlib

LONGEST = 200  # characters of a path or a key in a message
LONGEST_LINE = 1000  # characters of a whole message

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlevel = 3


def printable(text: str) -> str:
    r"""The text in one line, with escapes for all that a terminal or a reader would obey.

    Those are control characters (escape sequences, ends of lines), marks that change the
    direction of writing, and halves of characters, which no encoding can write.

    >>> print(printable("a\nb \x1b[31mred"))
    a\nb \x1b[31mred
    """
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


def cut(text: object, most: int = LONGEST) -> str:
    """A path, a key or a message, printable, and without its middle where it is long.

    >>> cut("/home/" + "x" * 1000 + "/config.yaml")[-16:]
    'xxxx/config.yaml'
    """
    whole = str(text)
    if len(whole) > most:
        whole = f"{whole[: most // 2]}...{whole[-most // 2 :]}"
    return printable(whole)


def shortened(value: object) -> str:
    """A value as Python writes it, shortened.

    >>> shortened([1, "two"]), shortened("x" * 1000)[-5:]
    ("[1, 'two']", "xxxx'")
    """
    try:
        return _SHORT.repr(value)
    except ValueError:  # Python writes no number of over 4,300 digits
        return "a number of very many digits"
