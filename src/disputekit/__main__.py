"""`python -m disputekit`."""

from disputekit.cli import main

main()
