"""The reference page of the command line, from the commands' own help: python -m disputekit.commanddocs > docs/reference/command-line.md"""

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from disputekit.cli import disputekit
from disputekit.config import FILE
from disputekit.plugins import installed

HEAD = """\
# The command line · 命令行

Made from the commands' own help by `python -m disputekit.commanddocs`; a test holds page and code together. The commands of bundled
plugins, and what they add to others, are there where a project enables the plugin.
本页由程序从各命令的帮助生成，并有测试保证页面与代码一致。自带插件的命令和选项，须在项目中启用该插件后才有。
"""
WIDTH = 100


def page() -> str:
    """The whole page as Markdown: each command's help, a group before its commands, as a project sees it that enables every bundled plugin."""
    with TemporaryDirectory() as folder:
        bundled = sorted(name for name, point in installed().items() if point.dist is not None and point.dist.name == "disputekit")
        (Path(folder) / FILE).write_text(f"[organisation]\nname = 'X'\n[policies]\npacks = []\n[plugins]\nenabled = {bundled}\n", encoding="utf-8")
        every = [(name, command.get_help(context)) for name, command, context in _every(disputekit, None, "disputekit", Path(folder))]
    return HEAD + "".join(f"\n## `{name}`\n\n```text\n{told}\n```\n" for name, told in every)


def _every(command: click.Command, above: click.Context | None, name: str, project: Path) -> Iterator[tuple[str, click.Command, click.Context]]:
    settings = {**command.context_settings, "max_content_width": WIDTH, "terminal_width": WIDTH}
    context = click.Context(command, parent=above, info_name=name.rpartition(" ")[2], **settings)
    if above is None:
        context.params["project"] = project
    yield name, command, context
    if isinstance(command, click.Group):
        for sub in command.list_commands(context):
            found = command.get_command(context, sub)
            if found is not None:
                yield from _every(found, context, f"{name} {sub}", project)


if __name__ == "__main__":
    sys.stdout.write(page())
