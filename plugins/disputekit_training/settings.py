"""`[plugins.training]`: the catalogue of courses, who needs which, and which course answers which cause of disputes."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from disputekit import DisputekitError, PeriodText, Problem, SourceSettings, Text, nearest, say

Texts = Annotated[tuple[str, ...], BeforeValidator(lambda v: (v,) if isinstance(v, str) else v)]
"""One text or a list of them."""
COMPLETIONS = ("http://adlnet.gov/expapi/verbs/completed", "http://adlnet.gov/expapi/verbs/passed", "https://w3id.org/xapi/adl/verbs/completed",
               "https://w3id.org/xapi/adl/verbs/passed")  # fmt: skip
"""The verbs of the ADL vocabulary by which a course is completed."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Course(_Strict):
    """`[plugins.training.courses.<course>]`. also: other names and IRIs under which systems record it. valid: how long after completion.

    A certificate's own `expires_on` goes before `valid`; with neither, a course doesn't expire. score: the least with which it is passed.
    """

    title: Text | None = None
    valid: PeriodText | None = None
    hours: Decimal | None = Field(default=None, ge=0)
    topics: Texts = ()
    also: Texts = ()
    score: Decimal | None = None


class Requirement(_Strict):
    """`[[plugins.training.matrix]]`: who has one of these roles and is in one of these departments needs these courses, and hours a year.

    No role or no department: all of them.
    """

    role: Texts = ()
    department: Texts = ()
    courses: Texts = ()
    hours: Decimal | None = Field(default=None, gt=0)


class Statements(_Strict):
    """`[plugins.training.xapi]`: which statements are completions, and who is meant.

    verbs: their IRIs. home_page: of the accounts that are staff numbers; any unless given. staff: the staff number of people known by
    another identifier, such as `mailto:…`.
    """

    verbs: Texts = COMPLETIONS
    home_page: str | None = None
    staff: Mapping[str, str] = {}


class Settings(_Strict):
    """`[plugins.training]`."""

    records: Mapping[Literal["staff", "training"], SourceSettings] = Field(default={}, description="sources of rows · 员工和培训记录的来源")
    courses: Mapping[str, Course] = Field(default={}, description="the catalogue · 课程目录")
    matrix: tuple[Requirement, ...] = Field(default=(), description="who needs what · 岗位与部门的必修要求")
    answers: Mapping[str, str] = Field(default={}, description="cause = course · 争议原因对应的课程")
    xapi: Statements = Field(default=Statements(), description="learning systems · 学习系统陈述的读法")

    def course(self, name: str) -> Course:
        """A course of the catalogue; one that isn't there has no more than its name."""
        return self.courses.get(name, _UNKNOWN)

    def names(self, course: str) -> tuple[str, ...]:
        """Every name under which a course is recorded."""
        return (course, *self.course(course).also)

    def about(self, topics: tuple[str, ...]) -> tuple[str, ...]:
        """Every name of each course that has one of these topics."""
        return tuple(n for c, course in self.courses.items() if set(course.topics) & set(topics) for n in self.names(c))


_UNKNOWN = Course()


def check(settings: Settings) -> None:
    """Raises DisputekitError with every course that the matrix or the map names and the catalogue lacks, and every name of two courses."""
    wrong = list(_mistakes(settings))
    if wrong:
        raise DisputekitError(*wrong)


def _mistakes(settings: Settings) -> Iterator[Problem]:
    named = [(f"matrix[{n}].courses", c) for n, row in enumerate(settings.matrix, 1) for c in row.courses]
    named += [(f"answers.{cause}", c) for cause, c in settings.answers.items()]
    for where, course in named:
        if course not in settings.courses:
            yield Problem(where, say("no course {name!r} in the catalogue", name=course), nearest(course, settings.courses))
    for number, row in enumerate(settings.matrix, 1):
        if not row.courses and row.hours is None:
            yield Problem(f"matrix[{number}]", say("asks for nothing"), say("Give courses, hours or both"))
    owner: dict[str, str] = {}
    for course in settings.courses:
        for name in settings.names(course):
            if owner.setdefault(name, course) != course:
                yield Problem(f"courses.{course}", say("{name!r} is a name of {other}, too", name=name, other=owner[name]))
    for course, said in settings.courses.items():
        if said.valid is not None and (said.valid.startswith("$") or said.valid.rpartition(" ")[2].startswith("hour") or "working" in said.valid):
            yield Problem(
                f"courses.{course}.valid", say("{period!r} can't be counted in dates", period=said.valid), say("Write days, weeks, months or years")
            )
