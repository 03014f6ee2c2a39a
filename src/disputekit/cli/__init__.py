"""The command line. Commands are imported only when they are called, so that `--help` answers at once."""

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from disputekit.config import FILE, Project, load_project
from disputekit.errors import DisputekitError, PluginError
from disputekit.extension import Command
from disputekit.text import Language, Said, Text, say, speaker

if TYPE_CHECKING:
    from disputekit.assessment.manifest import Manifest
    from disputekit.checks.stage import Progress
    from disputekit.plugins import Plugins

COMMANDS = (
    Command("init", "disputekit.cli.init:init", Text(zh="写一个起步用的 disputekit.toml", en="Write a disputekit.toml to start from")),
    Command("demo", "disputekit.cli.demo:demo", Text(zh="生成示例保险公司并检查它", en="Make a demo insurer and check it")),
    Command("check", "disputekit.cli.check:check", Text(zh="按规则包检查登记簿，生成评估", en="Check the register against the packs: an assessment")),
    Command("report", "disputekit.cli.report:report", Text(zh="生成评估报告（HTML、XLSX、JSON）", en="Make the report of an assessment")),
    Command(
        "explain",
        "disputekit.cli.explain:explain",
        Text(zh="说明某条规则对某一案件的结论及理由", en="Why a control came to what it did for a subject"),
    ),
    Command("agenda", "disputekit.cli.agenda:agenda", Text(zh="待办清单：逾期和即将到期的事项", en="What is to do: overdue and due soon")),
    Command("waiver", "disputekit.cli.waiver:waiver", Text(zh="豁免：起草内部规则的豁免", en="Waivers: draft one for findings of house practice")),
    Command("diff", "disputekit.cli.diff:diff", Text(zh="比较两次评估：新增、消失、变化", en="Compare two assessments: what is new, gone, changed")),
    Command(
        "register", "disputekit.cli.register:register", Text(zh="登记簿：读取并核对数据来源", en="The register: read the sources and look at them")
    ),
    Command(
        "policy", "disputekit.cli.policy:policy", Text(zh="规则包：列出、查看、检查、测试、锁定", en="Policy packs: list, show, lint, test, lock")
    ),
    Command("plugin", "disputekit.cli.plugin:plugin", Text(zh="插件：列出已安装的插件", en="Plugins: list what is installed")),
)
"""The core's own commands, in the order of `--help`."""
CLOSED_PIPE = 128 + 13
"""What a shell says of a command that SIGPIPE ended."""


@dataclass(frozen=True)
class Session:
    """What the options before the command say: which project, and in which language to speak if not in the project's."""

    path: Path
    language: Language | None

    def project(self) -> Project:
        return load_project(self.path)

    def assessment(self, named: Path | None) -> tuple[Path, Language, Said]:
        """The assessment that a command is to read, the newest of the project unless one is named, and how to speak of it."""
        found: tuple[Path, Language, Said] = import_module("disputekit.cli.running").assessment_and_language(self, named)
        return found

    def said(self, project: Project | None = None) -> Said:
        """How to say a phrase: by `--language`, else the project's language, else the machine's."""
        return speaker(self.language or (project.file.organisation.language if project else language_of(os.environ)))

    def progress(self, said: Said) -> "AbstractContextManager[Progress]":
        """What long work is told to, so that a terminal shows it; nothing is shown elsewhere."""
        shown: Callable[[Said], AbstractContextManager[Progress]] = import_module("disputekit.cli.running").shown_progress
        return shown(said)

    def place(self, assessment: Path | None) -> tuple[Path, Language, Said]:
        """An assessment that a command is to read, and how to speak of it: the newest of the project, unless one is named.

        Beside a named one there need be no project. Raises DisputekitError where there is neither.
        """
        from disputekit.assessment.folder import newest_of

        alone = assessment is not None and not (self.path.is_file() or (self.path / FILE).is_file())
        project = None if alone else self.project()
        language = self.language or (project.file.organisation.language if project is not None else language_of(os.environ))
        if assessment is None:
            assert project is not None
            assessment = newest_of(project)
        return assessment, language, speaker(language)

    def assessed(self, assessment: Path | None) -> "tuple[Manifest, Language, Said]":
        """The manifest of such an assessment, and how to speak of it."""
        from disputekit.assessment.manifest import read_manifest

        place, language, said = self.place(assessment)
        return read_manifest(place)[0], language, said


def language_of(environment: Mapping[str, str]) -> Language:
    """The language that a machine's settings ask for."""
    wanted = next((environment[n] for n in ("DISPUTEKIT_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG") if environment.get(n)), "")
    return "zh" if wanted.lower().startswith("zh") else "en"


class Commands(click.Group):
    """The core's commands, and those of the plugins that the project enables; where there is no project, those that need none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [c.name for c in self._all(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = next((c for c in COMMANDS if c.name == cmd_name), None) or next((c for c in self._all(ctx) if c.name == cmd_name), None)
        if found is None:
            # it may be a plugin's: then what keeps the plugin from being loaded, or that it isn't enabled, is the answer
            plugins = _plugins(_path(ctx))
            owner = next((plugin for plugin, c in _installed_commands() if c.name == cmd_name), None)
            if owner is None:
                return None
            if plugins is None:
                raise PluginError.at(cmd_name, say("there is no {file} here", file=FILE), say("Name the project by --project, or go to its folder"))
            raise PluginError.at(cmd_name, say("the plugin {plugin} brings this command, and isn't enabled", plugin=owner),
                                 say("Write {plugin!r} into `enabled` of [plugins]", plugin=owner))  # fmt: skip
        command = imported(cmd_name, found.target)
        if not isinstance(command, click.Command):
            raise PluginError.at(cmd_name, say("{target} is no click command", target=found.target))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands 命令"):
            formatter.write_dl([(c.name, f"{c.help.en} · {c.help.zh}") for c in self._all(ctx)])

    def invoke(self, ctx: click.Context) -> Any:
        """Whoever has read enough of what is printed (`| head`) closes the pipe; click and rich would then end with 1, which says something else."""
        try:
            return super().invoke(ctx)
        except (BrokenPipeError, SystemExit) as bad:
            if isinstance(bad, SystemExit) and not isinstance(bad.__context__, BrokenPipeError):
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise click.exceptions.Exit(CLOSED_PIPE) from None

    def _all(self, ctx: click.Context) -> list[Command]:
        return [*COMMANDS, *brought(ctx, "register_commands")]


def _path(ctx: click.Context) -> Path:
    return Path(ctx.find_root().params.get("project") or ".")


def _plugins(path: Path) -> "Plugins | None":
    """The plugins of the project at `path`, if there is one. Raises DisputekitError for one that can't be read."""
    if not (path if path.suffix == ".toml" else path / FILE).is_file():
        return None
    from disputekit.plugins import load_plugins

    project = load_project(path)
    return load_plugins(project.file.plugins.enabled, project.plugin_settings, project.path.name, project.folder)


def brought(ctx: click.Context, hook: str) -> list[Any]:
    """What the project's plugins bring to the command line; a project that can't be read brings nothing, and says why once a command needs it."""
    try:
        plugins = _plugins(_path(ctx))
    except DisputekitError:
        return []
    if plugins is None:
        return [command for _, command in _installed_commands() if command.alone] if hook == "register_commands" else []
    return [item for _, item in plugins.call(hook)[0]]


def _installed_commands() -> list[tuple[str, Command]]:
    """The commands of every installed plugin that needs no settings, with the plugin's name."""
    from disputekit.plugins import installed, load_plugins

    found: list[tuple[str, Command]] = []
    for name in installed():
        with suppress(DisputekitError):
            found += load_plugins((name,), {}, name).call("register_commands")[0]
    return found


def imported(name: str, target: str) -> Any:
    """What `module:function` names. Raises PluginError where it can't be imported."""
    module, _, function = target.partition(":")
    try:
        return getattr(import_module(module), function)
    except Exception as bad:  # noqa: BLE001 — importing a plugin may raise anything
        raise PluginError.at(name, say("the command {target} can't be loaded: {what}", target=target, what=bad)) from None


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"disputekit {version('disputekit')}")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.option("--project", "-p", default=".", envvar="DISPUTEKIT_PROJECT", type=click.Path(path_type=Path), show_default=True, is_eager=True,
              help="The project: a disputekit.toml, or the folder it is in. 项目文件或所在文件夹。")  # fmt: skip
@click.option(
    "--language", "-l", type=click.Choice(["zh", "en"]), default=None, help="Language of what is shown. 显示语言。 [default: the project's 项目所定]"
)
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show the version. 显示版本。")
@click.pass_context
def disputekit(ctx: click.Context, project: Path, language: Language | None) -> None:
    """Compliance as code for insurance claims disputes in a wind-down.

    保险公司解散、清退期间理赔争议处理的合规检查。

    \b
    Start here 从这里开始:
      disputekit demo                       a whole example 完整示例
      disputekit init && disputekit check   your own register 自己的登记簿

    Exit codes 退出码: 0 nothing found 无发现; 1 findings 有发现; 2 not everything could be evaluated 有未能评估的内容。
    """
    ctx.obj = Session(project, language)


def main(arguments: list[str] | None = None) -> None:
    """The entry point: runs a command and turns what went wrong into messages and an exit code."""
    said = speaker(_language_argument(sys.argv[1:] if arguments is None else arguments) or language_of(os.environ))
    try:
        code = disputekit.main(args=arguments, standalone_mode=False)
    except click.exceptions.Exit as bad:
        code = bad.exit_code
    except click.exceptions.Abort:
        click.echo(said(say("Interrupted; nothing was written")), err=True)
        code = 130
    except click.ClickException as bad:
        bad.show()
        code = 2
    except DisputekitError as bad:
        for problem in bad.problems:
            click.echo(problem.said(said), err=True)
        code = 2
    except (OSError, MemoryError) as bad:
        click.echo(said(say("The machine couldn't do it: {what}", what=bad)), err=True)
        code = 2
    except SystemExit as bad:
        click.echo(said(say("Something called exit({code}) in the middle of the work, which was not finished", code=bad.code)), err=True)
        code = 2
    except Exception as bad:
        if type(bad).__module__.split(".")[0] not in ("duckdb", "_duckdb"):
            raise
        click.echo(said(say("The engine couldn't do it: {what}", what=str(bad).splitlines()[0])), err=True)
        code = 2
    sys.exit(code if isinstance(code, int) else 0)


def _language_argument(arguments: list[str]) -> Any:
    for i, a in enumerate(arguments):
        if a in ("--language", "-l") and arguments[i + 1 : i + 2] in (["zh"], ["en"]):
            return arguments[i + 1]
        if a in ("--language=zh", "--language=en"):
            return a[-2:]
    return None
