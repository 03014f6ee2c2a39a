"""The reference page of the command line, from the commands' own help: python -m disputekit.commanddocs > docs/reference/command-line.md"""

import sys
from collections.abc import Iterator

import click

from disputekit.cli import disputekit

HEAD = """\
# The command line · 命令行

Made from the commands' own help by `python -m disputekit.commanddocs`; a test holds page and code together.
本页由程序从各命令的帮助生成，并有测试保证页面与代码一致。
"""
WIDTH = 100


def page() -> str:
    """The whole page as Markdown: each command's help, a group before its commands."""
    parts = [f"\n## `{name}`\n\n```text\n{command.get_help(context)}\n```\n" for name, command, context in _every(disputekit, None, "disputekit")]
    return HEAD + "".join(parts)


def _every(command: click.Command, above: click.Context | None, name: str) -> Iterator[tuple[str, click.Command, click.Context]]:
    settings = {**command.context_settings, "max_content_width": WIDTH, "terminal_width": WIDTH}
    context = click.Context(command, parent=above, info_name=name.rpartition(" ")[2], **settings)
    yield name, command, context
    if isinstance(command, click.Group):
        for sub in command.list_commands(context):
            found = command.get_command(context, sub)
            if found is not None:
                yield from _every(found, context, f"{name} {sub}")


if __name__ == "__main__":
    sys.stdout.write(page())
