"""A made-up insurer in wind-down to try everything on, with known defects in it."""

from disputekit.demo.generate import Demo, write_demo
from disputekit.demo.part import Planted

__all__ = ["Demo", "Planted", "write_demo"]
