"""Opening: which files each table comes from, how each is read, and which columns it supplies. Nothing is loaded yet."""

import errno
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from glob import has_magic
from pathlib import Path
from types import MappingProxyType

from disputekit.errors import Problem, RegisterError, nearest
from disputekit.register.loaded import PLACE, SuppliedColumn
from disputekit.register.mapping import Mapped, mapped, unique_names
from disputekit.register.schema import Table
from disputekit.register.settings import RegisterSettings, SourceSettings
from disputekit.register.source import Scan, Source
from disputekit.text import say

TOML = "disputekit.toml"


@dataclass(frozen=True)
class OpenedTable:
    """A table before it is loaded. `key`: the column that identifies a row. `names`: the scans' files as the TOML has them."""

    spec: Table
    settings: SourceSettings
    mapped: Mapped
    key: str
    scans: tuple[Scan, ...]
    names: tuple[str, ...]

    @property
    def columns(self) -> Mapping[str, SuppliedColumn]:
        return self.mapped.columns

    @property
    def extracted_at(self) -> datetime | None:
        return self.settings.extracted_at


def open_register(
    settings: RegisterSettings, base: Path, tables: Mapping[str, Table], sources: Mapping[str, Source], scratch: Path
) -> Mapping[str, OpenedTable]:
    """The tables of the TOML, opened. `base`: the TOML's folder. `scratch`: an empty folder for copies in UTF-8.

    Raises RegisterError with all mistakes of all tables.
    """
    problems: list[Problem] = []
    opened: dict[str, OpenedTable] = {}
    for name, wanted in settings.tables.items():
        where = f"{TOML}: [register.{name}]"
        if name not in tables:
            problems.append(Problem(where, say("no table {name!r}", name=name), nearest(name, tables)))
            continue
        if wanted.derive is not None:
            found, wrong = _derived(tables[name], wanted, settings, where)
        else:
            found, wrong = _opened(tables[name], wanted, base, sources, scratch, where)
        problems += wrong
        if found is not None:
            opened[name] = found
    if problems:
        raise RegisterError(*problems)
    return MappingProxyType(opened)


def _derived(spec: Table, settings: SourceSettings, register: RegisterSettings, where: str) -> tuple[OpenedTable | None, list[Problem]]:
    problems = []
    if settings.path:
        problems.append(Problem(f"{where} derive", say("the table has a path as well"), say("Leave one of the two away")))
    if settings.derive not in register.tables:
        problems.append(Problem(f"{where} derive", say("there is no [register.{name}] to derive it from", name=settings.derive)))
    if spec.key is None or spec.is_record:
        problems.append(Problem(f"{where} derive", say("only a table of subjects can be derived, not {name}", name=spec.name)))
        return None, problems
    columns = MappingProxyType({spec.key: SuppliedColumn(spec.key, "text", f"{settings.derive}.subject_id")})
    return OpenedTable(spec, settings, Mapped(columns, MappingProxyType({})), spec.key, (), ()), problems


def _opened(
    spec: Table, settings: SourceSettings, base: Path, sources: Mapping[str, Source], scratch: Path, where: str
) -> tuple[OpenedTable | None, list[Problem]]:  # fmt: skip
    files, problems = _files(settings, base, where)
    groups: dict[tuple[str, int], tuple[Source, list[int]]] = {}
    for number, (_, file) in enumerate(files):
        source = _source(settings, file, sources, where)
        if isinstance(source, Problem):
            problems.append(source)
        else:
            # a reader of single files gets each by itself
            groups.setdefault((source.name, -1 if source.open_together is not None else number), (source, []))[1].append(number)
    found_scans: dict[int, Scan] = {}
    for source, numbers in groups.values():
        name = ", ".join(files[n][0] for n in numbers)
        folders = [scratch / f"{spec.name}_{n}" for n in numbers]
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        try:
            for n in numbers:
                if not files[n][1].stat().st_size:
                    raise RegisterError.at(files[n][0], say("is empty"))
            found_scans |= dict(zip(numbers, _scans(source, [files[n][1] for n in numbers], settings, folders), strict=True))
        except RegisterError as error:
            problems += [Problem(p.where or name, p.what, p.hint) for p in error.problems]
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise  # the disk is full: that isn't the source's fault
            problems.append(Problem(name, say("can't be read: {why}", why=error.strerror or str(error))))
    if problems or not found_scans:
        return None, problems
    scans = [found_scans[n] for n in range(len(files))]
    names = tuple(name for name, _ in files)
    first = set(unique_names(scans[0].header))
    for name, scan in zip(names[1:], scans[1:], strict=True):
        own = set(unique_names(scan.header))
        if own != first:
            problems.append(Problem(name, say("its columns aren't those of {other}: without {missing}; besides {more}", other=names[0],
                                              missing=_listed(first - own), more=_listed(own - first))))  # fmt: skip
    found, wrong = mapped(spec, scans[0].header, settings, where)
    problems += wrong
    key = spec.key if spec.key is not None and (spec.key in found.columns or spec.key == settings.number_rows) else PLACE
    columns = dict(found.columns)
    if settings.number_rows is not None:
        columns[settings.number_rows] = SuppliedColumn(settings.number_rows, "text", "")
    return OpenedTable(spec, settings, Mapped(MappingProxyType(columns), found.formats), key, tuple(scans), names), problems


def _scans(source: Source, files: Sequence[Path], settings: SourceSettings, folders: Sequence[Path]) -> list[Scan]:
    """What a reader says of files; a plugin's reader may raise anything, or return something else."""
    try:
        if source.open_together is not None:
            scans = list(source.open_together(files, settings, folders))
        else:
            scans = [source.open_file(file, settings, folder) for file, folder in zip(files, folders, strict=True)]
    except (RegisterError, OSError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise RegisterError.at("", say("the reader {name!r} failed: {why}", name=source.name, why=f"{type(error).__name__}: {error}")) from error
    if len(scans) != len(files) or not all(isinstance(scan, Scan) for scan in scans):
        raise RegisterError.at("", say("the reader {name!r} returned no scan", name=source.name))
    return scans


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) if names else "–"


def _files(settings: SourceSettings, base: Path, where: str) -> tuple[list[tuple[str, Path]], list[Problem]]:
    """The files by their names in the TOML; those of a glob sorted, with their paths relative to the TOML."""
    problems: list[Problem] = []
    found: dict[str, Path] = {}
    if not settings.path:
        problems.append(Problem(where, say("no path"), say('Say where the table comes from: path = "data/…"')))
    for path in settings.path:
        if has_magic(path) and not (base / path).is_file():
            parts = Path(path)
            root, pattern = (Path(parts.anchor), str(parts.relative_to(parts.anchor))) if parts.is_absolute() else (base, path)
            matching = sorted(f for f in root.glob(pattern) if f.is_file())
            if not matching:
                problems.append(Problem(f"{where} path", say("no file matches {path!r}", path=path)))
            for file in matching:
                found.setdefault(file.relative_to(base).as_posix() if file.is_relative_to(base) else file.as_posix(), file)
        elif not (base / path).exists():
            near = [f.name for f in (base / path).parent.iterdir()] if (base / path).parent.is_dir() else []
            problems.append(Problem(f"{where} path", say("no file {path!r}", path=path), nearest(Path(path).name, near)))
        elif not (base / path).is_file():
            problems.append(
                Problem(f"{where} path", say("{path!r} is a folder", path=path), say('Name its files: "{path}/*.csv"', path=path.rstrip("/")))
            )
        else:
            found.setdefault(path, base / path)
    return list(found.items()), problems


def _source(settings: SourceSettings, file: Path, sources: Mapping[str, Source], where: str) -> Source | Problem:
    if settings.format is not None:
        if settings.format in sources:
            return sources[settings.format]
        return Problem(f"{where} format", say("unknown format {name!r}", name=settings.format), nearest(settings.format, sources))
    endings: Mapping[str, Source] = {ending: source for source in reversed(list(sources.values())) for ending in source.endings}
    if file.suffix.lower() in endings:
        return endings[file.suffix.lower()]
    return Problem(f"{where} path", say("no reader for files that end in {ending!r}", ending=file.suffix),
                   say("Known: {endings}. Or say `format = \"…\"`", endings=" ".join(sorted(endings))))  # fmt: skip
