"""How a text file is encoded, decided strictly: by its mark, as UTF-8, or as GB18030 where that yields plausible Chinese.

The engine reads UTF-8 only (its own transcoding knows no GB18030), so anything else is written anew into a scratch folder.
"""

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from disputekit.errors import Problem, RegisterError
from disputekit.text import say

CHUNK = 1 << 20
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
          (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip
_SAMPLE = 200_000
_LEVEL_ONE, _COMMON = 0.85, 0.18
"""The least share of GB2312's first level (its 3,755 everyday characters), and of `_FREQUENT`, in Chinese. Measured: Chinese text has
1.00 and 0.65, a list of rare names 0.90 and 0.20; Big5 read as GB18030 has 0.49 and 0.05, Korean EUC-KR 1.00 and 0.13 or less."""
_FREQUENT = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进"
    "好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己"
    "制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活更别打女变四神总何电数安少报才结反受目太量再感建务"
    "做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉"
    "术领共确传师观清今切院让识候带导争运险赔客户编号收案申请投诉议核款额单据调解省县李刘陈杨赵黄周吴徐孙胡朱林何郭"
)


@dataclass(frozen=True)
class Utf8File:
    """A file as UTF-8: the original, or a copy. `encoding`: how the original is encoded."""

    path: Path
    encoding: str


def as_utf8(file: Path, encoding: str | None, scratch: Path) -> Utf8File:
    """`file` in UTF-8 with one kind of line end, copied into `scratch` unless it is so already. `encoding`: what the TOML says.

    Raises RegisterError, with the byte and a sample, for bytes that aren't the encoding said, or none that can be told for sure.
    """
    if encoding is None:
        encoding = _detected(file)
    else:
        encoding = _known(encoding)
        if encoding == "utf-8":
            encoding = "utf-8-sig" if _mark(file) == "utf-8-sig" else encoding
            failure = _first_failure(file, "utf-8")
            if failure is not None:
                raise RegisterError.at("", say("byte {byte:,} isn't {encoding} ({sample})", byte=failure[0], encoding=encoding, sample=failure[1]),
                                       say("Say how the text is encoded with `encoding`"))  # fmt: skip
    if encoding.startswith("utf-8") and not _mixed_line_ends(file):
        return Utf8File(file, encoding)
    copy = scratch / f"{file.name}.utf-8"
    with copy.open("w", encoding="utf-8", newline="") as out:
        newline = io.IncrementalNewlineDecoder(None, translate=True)
        for part in _decoded(file, encoding):
            out.write(newline.decode(part))
        out.write(newline.decode("", final=True))
    return Utf8File(copy, encoding)


def _known(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding).name
        "".encode(name)  # some codecs of Python's aren't for text
    except LookupError:
        raise RegisterError.at("", say("unknown encoding {name!r}", name=encoding),
                               say("Known are those of Python: utf-8, gb18030, gbk, big5, utf-16, cp1252 …")) from None  # fmt: skip
    return name


def _mark(file: Path) -> str | None:
    with file.open("rb") as handle:
        head = handle.read(4)
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def _detected(file: Path) -> str:
    marked = _mark(file)
    if marked is not None and marked != "utf-8-sig":
        return marked
    failure = _first_failure(file, "utf-8")
    if failure is None:
        return marked if marked is not None else "utf-8"
    found = _plausible_chinese(file)
    if found is None:
        return "gb18030"
    raise RegisterError(Problem("", say("can't tell how this text is encoded: not UTF-8 at byte {byte:,} ({sample}), and as GB18030 {why}",
                                        byte=failure[0], sample=failure[1], why=found),
                                say("Say it, for example `encoding = \"big5\"`")))  # fmt: skip


def _plausible_chinese(file: Path) -> str | None:
    """None if the file decodes as GB18030 into what may be Chinese, else what speaks against it."""
    han: list[str] = []
    seen = []
    try:
        for part in _decoded(file, "gb18030"):
            if len(han) < _SAMPLE and not part.isascii():
                seen.append(part[:100_000])
                han += [c for c in part if "\u3400" <= c <= "\u9fff" or c > "\U0001ffff"]
    except RegisterError as error:
        return error.problems[0].what
    sample = next((say("it would read {sample!r}, which isn't Chinese", sample="".join(c for c in p if not c.isascii())[:20]) for p in seen),
                  say("it would hold no Chinese"))  # fmt: skip
    if not han:
        return sample
    frequent, everyday = set(_FREQUENT), _level_one()
    plausible = sum(c in everyday for c in han) >= _LEVEL_ONE * len(han) and sum(c in frequent for c in han) >= _COMMON * len(han)
    return None if plausible else sample


@cache
def _level_one() -> frozenset[str]:
    return frozenset(bytes((a, b)).decode("gb2312", "ignore") for a in range(0xB0, 0xD8) for b in range(0xA1, 0xFF)) - {""}


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as handle:
        while chunk := handle.read(CHUNK):
            yield chunk


def _decoded(file: Path, encoding: str) -> Iterator[str]:
    """The text piece by piece, strictly: RegisterError with the place of the first byte that doesn't fit."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    done = 0
    for chunk in _ended(file):
        pending = len(decoder.getstate()[0])
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            byte = done - pending + error.start
            raise RegisterError.at("", say("byte {byte:,} isn't {encoding} ({sample})", byte=byte, encoding=encoding, sample=_around(file, byte)),
                                   say("Say how the text is encoded with `encoding`")) from None  # fmt: skip
        done += len(chunk)
        if "\0" in text:
            raise _nul(text.replace("\0", "")[:40])
        yield text


def _ended(file: Path) -> Iterator[bytes]:
    yield from _chunks(file)
    yield b""


def _first_failure(file: Path, encoding: str) -> tuple[int, str] | None:
    """The first byte that isn't `encoding`, and the bytes around it; None if all are."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    done = 0
    for chunk in _ended(file):
        pending = len(decoder.getstate()[0])
        if not pending and chunk and chunk.isascii():  # many times faster than decoding
            done += len(chunk)
            continue
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            byte = done - pending + error.start
            return byte, _around(file, byte)
        done += len(chunk)
    return None


def _around(file: Path, byte: int) -> str:
    with file.open("rb") as handle:
        handle.seek(max(0, byte - 8))
        found = handle.read(16)
    return " ".join(f"{b:02x}" for b in found)


def _mixed_line_ends(file: Path) -> bool:
    """Whether a UTF-8 file has lone carriage returns or more than one kind of line end; RegisterError if it holds NUL."""
    both = single = returns = 0
    before = b""
    for chunk in _chunks(file):
        if b"\0" in chunk:
            raise _nul(chunk.replace(b"\0", b"")[:40].decode("utf-8", "replace"))
        both += before == b"\r" and chunk.startswith(b"\n")
        if b"\r" in chunk:
            returns += chunk.count(b"\r")
            both += chunk.count(b"\r\n")
        if returns or not single:  # that there is a single line feed before the first carriage return is all that is asked of the others
            single += chunk.count(b"\n")
        before = chunk[-1:]
    return returns > both or (both > 0 and single > both)


def _nul(sample: str) -> RegisterError:
    return RegisterError(Problem("", say("holds the character NUL near {sample!r}: perhaps UTF-16 without its mark", sample=sample),
                                 say("Say it, for example `encoding = \"utf-16-le\"`")))  # fmt: skip
