"""Which sections a report gets: the core's, and those of the plugins that took part in the assessment and are at hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from zoneinfo import ZoneInfo

from disputekit.assess import run_of
from disputekit.assessment.manifest import Manifest
from disputekit.blocks import blocks_of, packs_of
from disputekit.config import Project
from disputekit.core import Core
from disputekit.plugins import ANYTHING, CORE, Failure, Given, Plugins, installed
from disputekit.run import Organisation, Previous, Run
from disputekit.text import Language


@dataclass(frozen=True)
class Asked:
    """What the hook `report_sections` gave. lacking: plugins that took part, but whose sections nobody can ask for here."""

    run: Run
    sections: tuple[Given, ...]
    failures: tuple[Failure, ...]
    lacking: tuple[str, ...]


def asked(manifest: Manifest, project: Project | None, language: Language) -> Asked:
    """Asks for the sections of an assessment. project: None, or another's, where only the assessment is at hand.

    Raises DisputekitError for mistakes in the project or its packs.
    """
    previous = Previous(manifest.previous.as_of, manifest.previous.sha256) if manifest.previous is not None else None
    if project is not None and project.organisation.name == manifest.organisation:
        blocks = blocks_of(project)
        plugins, failed = blocks.plugins, blocks.failures
        run = run_of(project, packs_of(project, blocks), manifest.as_of, previous, language)
    else:
        plugins, failed = Plugins([(CORE, Core())]), ()
        run = Run(manifest.as_of, ZoneInfo(manifest.timezone), language, Organisation(manifest.organisation), manifest.calendar, (),
                  MappingProxyType({}), previous)  # fmt: skip
    given, failures = plugins.call("report_sections", run=run)
    there = [p.name for p in manifest.plugins]
    # a plugin that was switched on after the check knows nothing of what was assessed
    return Asked(run, tuple(g for g in given if g.plugin in there), (*failed, *failures), tuple(_lacking(manifest, plugins.names)))


def _lacking(manifest: Manifest, here: tuple[str, ...]) -> Iterator[str]:
    known = installed()
    for plugin in manifest.plugins:
        if plugin.name not in here and (plugin.name not in known or _has_sections(plugin.name)):
            yield plugin.name


def _has_sections(name: str) -> bool:
    try:
        return hasattr(installed()[name].load(), "report_sections")
    except ANYTHING:
        return True
