"""`assessor.toml`: to whom a package goes, why, on which legal ground, until when, and what is done to each column.

Pseudonymised data is still personal information (个人信息保护法 art. 73(3), read with art. 4): whoever hands it on says to whom, for what and how long
(art. 21–23), and hands over no more than that needs (art. 6). The package carries the profile as it was.
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from disputekit import DisputekitError, Problem, read_as, read_toml, say

Treatment = Literal["keep", "pseudonym", "name", "year", "mask", "presence"]
"""What becomes of a column's values: kept; replaced by pseudonyms, as identifiers or as names of people; a date's year; text with what identifies people masked; or only whether
there is one."""
Filled = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
TABLE_COLUMN = r"^[^.]+\..+$"


Quasi = Literal["cause", "product", "line", "region", "channel"]
"""What a published table may count disputes by: what the subjects of an assessment are grouped by. A person may be found again by them together."""


class Publish(BaseModel):
    """`[publish]`: the variant for the public.

    by: the quasi-identifiers, by whose combinations disputes are counted; controls are by the first of them. k: combinations with fewer disputes are
    suppressed, and values with fewer of them go together. values: so many of each are named at most. smallest: other counts below it are
    suppressed. width: how far apart the bounds are, at the least, that can be worked out for a suppressed count; never less than `smallest`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: Annotated[tuple[Quasi, ...], Field(min_length=1, max_length=3)] = ("channel",)
    smallest: Annotated[int, Field(ge=2)] = 5
    k: Annotated[int, Field(ge=2)] = 5
    width: Annotated[int, Field(ge=2)] = 5
    values: Annotated[int, Field(ge=2, le=12)] = 8

    @property
    def protection(self) -> int:
        """How far apart the bounds of a suppressed count are at the least."""
        return max(self.width, self.smallest)

    @property
    def group(self) -> int:
        """The fewest disputes that a value which is named has: enough for `k`, and to hide any count within them."""
        return max(self.k, self.protection)


class Profile(BaseModel):
    """The file. contact: whom the recipient asks. columns: `disputes.description = "mask"` settles what is done to a column.

    without: controls that come to something else on pseudonyms, because they look into identifiers; what they found isn't handed over, and the
    package says so first.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipient: Filled
    purpose: Filled
    legal_basis: Filled
    expires_on: date
    confidentiality: Filled
    contact: Filled | None = None
    without: tuple[Filled, ...] = ()
    columns: Mapping[Annotated[str, StringConstraints(pattern=TABLE_COLUMN)], Treatment] = {}
    publish: Publish = Publish()


def read_profile(path: Path) -> tuple[Profile, str]:
    """The profile in a TOML file, and the hash of the file's bytes. Raises DisputekitError with every mistake in it."""
    profile = read_as(Profile, read_toml(path, path.name, DisputekitError), path.name, DisputekitError)
    by = profile.publish.by
    if len(set(by)) < len(by):
        twice = next(b for n, b in enumerate(by) if b in by[:n])
        raise DisputekitError.at(f"{path.name}: publish.by", say("{name!r} stands here twice", name=twice))
    return profile, hashlib.sha256(path.read_bytes()).hexdigest()


def not_expired(profile: Profile, today: date) -> None:
    """Refuses a profile whose time is over. Raises DisputekitError."""
    if profile.expires_on < today:
        what = say("the profile ended on {day}", day=profile.expires_on)
        raise DisputekitError(Problem("expires_on", what, say("Agree a new period with the recipient")))
