"""Conflicts in examples: both duties are judged together, whichever packs they are from, and each way in which a conflict can stand is shown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from disputekit.blocks import Blocks, packs_of
from disputekit.config import Project
from disputekit.policies.example_register import Example
from disputekit.policies.model import Conflict
from disputekit.policies.packs import Pack, load_pack, offered_packs
from disputekit.text import Phrase, say


def as_written(pack: Pack, blocks: Blocks) -> Pack:
    """A pack without the parameters that an organisation set itself, and with the controls that it switched off."""
    return load_pack(pack.folder, pack.plugin, blocks.kinds, list(blocks.tables)) if pack.overridden or pack.without else pack


def duties_elsewhere(packs: Sequence[Pack], blocks: Blocks, project: Project | None) -> Mapping[str, Pack]:
    """The duties of other packs that these packs' conflicts name: each as a pack with nothing but this control, as it is written.

    They are looked for in these packs, those that the project enables, and those that its plugins offer. One that is in none is left out.
    """
    own = {r.id: p.id for p in packs for r in p.controls}
    wanted = {name: p.id for p in packs for c in p.conflicts for name in c.between if own.get(name) != p.id}
    if not wanted:
        return MappingProxyType({})
    known = {p.id: p for p in (*packs, *(packs_of(project, blocks) if project is not None else ()))}
    for name, (plugin, folder) in offered_packs([(plugin, given.folder) for plugin, given in blocks.folders]).items():
        if name not in known:
            known[name] = load_pack(folder, plugin, blocks.kinds, list(blocks.tables))
    found = {}
    for pack in known.values():
        for rule in as_written(pack, blocks).controls:
            if rule.id in wanted and rule.status != "retired":
                found[rule.id] = replace(as_written(pack, blocks), controls=(rule.model_copy(update={"status": "active"}),), conflicts=())
    return MappingProxyType(found)


def unshown(pack: Pack, examples: Sequence[Example]) -> Iterator[tuple[str, tuple[Phrase, ...]]]:
    """For each conflict of the pack, what no example shows: that neither duty is decided, which one yields, and where it doesn't reach."""
    for conflict in pack.conflicts:
        about = [e for e in examples if e.stated.conflict == conflict.id]
        missing = tuple(_missing(conflict, about))
        if missing:
            yield conflict.id, missing


def _missing(conflict: Conflict, about: Sequence[Example]) -> Iterator[Phrase]:
    undecided = {e.stated.control for e in about if e.stated.reason == "conflict" and e.stated.opinion is None}
    expired = [e for e in about if e.stated.reason == "conflict" and e.stated.opinion is not None and e.stated.opinion.given_on <= e.stated.as_of]
    judged = [e for e in about if e.stated.expect in ("pass", "fail")]
    decided = [(e, conflict.yields if e.stated.opinion is None else e.stated.opinion.yields) for e in judged]
    for control in conflict.between if conflict.yields is None else ():
        if control not in undecided:
            yield say("that {control} is undecided", control=control)
    if not any(e.stated.reason == "yields" for e in about):
        yield say("that a duty yields")
    if not any(yields not in (None, e.stated.control) for e, yields in decided):
        yield say("that the other duty is judged then")
    if conflict.yields is None and not expired:
        yield say("that an opinion has expired")
    if conflict.phase is not None and not any(e.stated.opinion is None for e in judged):
        yield say("that both are judged in another phase")
