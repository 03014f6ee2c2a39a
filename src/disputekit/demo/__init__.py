"""A made-up insurer in wind-down to try everything on, with known defects in it."""

from disputekit.demo.defects import Planted
from disputekit.demo.generate import Demo, write_demo

__all__ = ["Demo", "Planted", "write_demo"]
