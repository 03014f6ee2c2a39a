"""`disputekit sample`: a draw for review, and what the review says of all."""

import hashlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from disputekit import DisputekitError, Problem, say
from disputekit_evaluation.package import ASSESSMENT, TAGMANIFEST
from disputekit_evaluation.sample import STRATA, Plan, drawn_in, read_sheet, write_sheet
from disputekit_evaluation.sample import draw as drawn_from


def _handed_over(folder: Path) -> tuple[Path, str]:
    """The assessment's folder in a package, and the package's hash, that of its tag manifest; of an assessment alone that of its manifest.

    Raises DisputekitError for a package that isn't what its hash is of: who is drawn follows from its tables.
    """
    from disputekit_evaluation.bag import bag_problems

    package = (folder / TAGMANIFEST).is_file()
    wrong = list(bag_problems(folder)) if package else []
    if wrong:
        raise DisputekitError(*wrong)
    file = folder / (TAGMANIFEST if package else "assessment.json")
    return (folder / ASSESSMENT if package else folder), hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def _project(session: Any) -> Any:
    try:
        return session.project()
    except DisputekitError as bad:
        secret = Problem(
            "--secret",
            say("isn't said, and there is no project to find it beside"),
            say("Name the secret that the package was made with by --secret"),
        )
        raise DisputekitError(*bad.problems, secret) from None


class _Rate(click.ParamType[Fraction]):
    """A share between 0 and 1, as a decimal, worked with exactly."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        try:
            found = Fraction(value)
        except (ValueError, ZeroDivisionError):
            found = Fraction(0)
        if not 0 < found < 1:
            self.fail(f"{value!r} isn't between 0 and 1", param, ctx)
        return found


@click.group()
def sample() -> None:
    """Draw cases for review, and say what the review means for all. 抽样复核并推断全体。"""


@sample.command("draw", epilog="Example 例: disputekit sample draw PACKAGE --seed 'lottery of 27 November: 3 11 19' --out review.xlsx")
@click.argument("package", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--seed", required=True, help="Named by the assessor once the package's hash is fixed. 哈希确定后由评估机构给出的种子。")
@click.option("--confidence", type=_Rate(), default="0.95", show_default=True, help="How sure the conclusion shall be. 置信度。")
@click.option("--tolerable", type=_Rate(), default="0.05", show_default=True, help="The rate of deviations that would be too much. 可容忍偏差率。")
@click.option("--planned", type=click.IntRange(0), default=0, show_default=True, help="Deviations that the size allows for. 预计偏差数。")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The review sheet (XLSX). 复核表。")
@click.pass_obj
def draw(session: Any, package: Path, seed: str, confidence: Fraction, tolerable: Fraction, planned: int, out: Path) -> None:
    """Draw from everything that a package is about; the same seed draws the same cases. 从全体中抽样，同一种子得到同一结果。"""
    from disputekit import population

    folder, sha256 = _handed_over(package)
    found = drawn_from(population(folder), sha256, seed, Plan(confidence, tolerable, planned))
    write_sheet(found, out)
    said = session.said()
    click.echo(said(say("{count} cases drawn of {total}: {out}", count=len(found.cases), total=sum(found.populations.values()), out=out)))
    click.echo(said(say("Drawn from what has the hash {hash}: compare it with the one that was written down before the seed was named", hash=sha256)))


@sample.command("read", epilog="Example 例: disputekit sample read PACKAGE review.xlsx")
@click.argument("package", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("sheet", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_obj
def read(session: Any, package: Path, sheet: Path) -> None:
    """Check a sheet that came back against the draw, and infer. 核对交回的复核表并作推断。

    Exit codes 退出码: 0 the rate lies below the tolerable one 低于可容忍率; 1 that can't be said 不能得出此结论; 2 the sheet is wrong 复核表有误.
    """
    from disputekit import population

    folder, sha256 = _handed_over(package)
    found, said = read_sheet(sheet, population(folder), sha256), session.said()
    for b in found.strata:
        s = b.stratum
        click.echo(said(say("{name}: {deviations} deviate and {untold} can't be told, of {drawn} drawn from {population}; at most {upper} deviate in all",
                            name=said(STRATA[s.name]), deviations=s.deviations, untold=s.untold, drawn=s.drawn, population=s.population, upper=b.upper)))  # fmt: skip
    rate = f"{float(found.upper_rate):.2%}"
    click.echo(said(say("At most {upper} of {population} deviate ({rate}), with a confidence of {confidence}", upper=found.upper,
                        population=found.population, rate=rate, confidence=f"{float(found.confidence):.2%}")))  # fmt: skip
    click.echo(
        said(say("The rate lies below the tolerable one") if found.holds else say("It can't be said that the rate lies below the tolerable one"))
    )
    raise click.exceptions.Exit(0 if found.holds else 1)


@sample.command("open", epilog="Example 例: disputekit sample open PACKAGE review.xlsx --sealed PACKAGE.sealed --out opened.csv")
@click.argument("package", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("sheet", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--sealed", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True,
              help="The sealed list that was made with the package. 与评估包同时生成的密封对照表。")  # fmt: skip
@click.option(
    "--case", "only", multiple=True, help="Only this case; may be given several times. 仅此案，可多次给出。 [default: all drawn 全部抽中的]"
)
@click.option("--secret", type=click.Path(path_type=Path), default=None,
              help="The secret that the package was made with. 生成评估包时所用的密钥。 [default: pseudonyms.key beside the project 项目旁]")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Who is who, and each entry's key (CSV). 身份对照及各条的密钥。")
@click.pass_obj
def open_(session: Any, package: Path, sheet: Path, sealed: Path, only: tuple[str, ...], secret: Path | None, out: Path) -> None:
    """For whoever has the register: open the sealed list for the cases of a draw, and for no other; it is written down.

    供登记簿持有者：仅对抽中的案件开启密封对照表，并记录在案。

    Exit codes 退出码: 0 opened 已开启; 2 refused 拒绝开启.
    """
    from datetime import UTC, datetime

    from disputekit import population, read_json
    from disputekit_evaluation.package import MANIFEST, Package
    from disputekit_evaluation.sealed import open_drawn, sealed_list, write_opened
    from disputekit_evaluation.secret import secret_in

    folder, sha256 = _handed_over(package)
    if out.exists():
        raise DisputekitError.at(str(out), say("is there already"), say("Choose another file"))
    receipt = sealed_list(sealed, sha256, read_json(Package, package / MANIFEST).sealed_sha256)
    drawn = drawn_in(sheet, population(folder), sha256)
    given = secret_in(secret if secret is not None else _project(session).folder / "pseudonyms.key", made=False)
    found = open_drawn(sealed, receipt, drawn, only, given, datetime.now(UTC))
    write_opened(found, out)
    click.echo(session.said()(say("{count} cases opened of {total} in the list: {out}", count=len(found), total=receipt.entries, out=out)))
