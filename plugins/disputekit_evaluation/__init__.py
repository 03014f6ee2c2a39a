"""Third-party evaluation: what is handed to an assessor, and how the assessor verifies it without trusting anyone."""

from collections.abc import Iterator

from disputekit import Command, hookimpl


class Evaluation:
    """Brings the commands by which packages are made, verified and sampled."""

    @hookimpl
    def register_commands(self) -> Iterator[Command]:
        yield from ()
