"""Exact 95 % intervals, and how much weight a test gets by what it could see. Arrays in, arrays out."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy import ndarray

TAIL = 0.025
SEEN_AT = 3.7
"""The standardised difference (p about 0.0001) from which a test stands out among a thousand."""
LEAST_WEIGHT = 0.05


def of_shares(hits: Any, sizes: Any) -> "tuple[ndarray[Any, Any], ndarray[Any, Any]]":
    """Clopper and Pearson (1934)."""
    import numpy as np
    from scipy.special import betaincinv

    k, n = np.asarray(hits, dtype=float), np.asarray(sizes, dtype=float)
    low = np.where(k > 0, betaincinv(np.maximum(k, 1), n - k + 1, TAIL), 0.0)
    high = np.where(k < n, betaincinv(k + 1, np.maximum(n - k, 1), 1 - TAIL), 1.0)
    return low, high


def of_counts(counts: Any) -> "tuple[ndarray[Any, Any], ndarray[Any, Any]]":
    """Garwood (1936)."""
    import numpy as np
    from scipy.special import gammainccinv, gammaincinv

    n = np.asarray(counts, dtype=float)
    return np.where(n > 0, gammaincinv(np.maximum(n, 1), TAIL), 0.0), gammainccinv(n + 1, TAIL)


def weight(excess: Any) -> "ndarray[Any, Any]":
    """The weight of a test: about the chance that it would see twice the usual, by normal approximation; never less than LEAST_WEIGHT.

    excess: by how many standard deviations twice the usual exceeds it, told by sizes and totals alone, so that the weight knows nothing of the
    outcome (Genovese, Roeder and Wasserman 2006; Roeder and Wasserman 2009). A group so small that not even twice the usual could be told
    from chance then takes nothing from those in which it can; where it is many times the usual, it stands out nonetheless.
    """
    import numpy as np
    from scipy.special import ndtr

    seen: ndarray[Any, Any] = ndtr(np.asarray(excess, dtype=float) - SEEN_AT)
    return np.where(seen > LEAST_WEIGHT, seen, LEAST_WEIGHT)
