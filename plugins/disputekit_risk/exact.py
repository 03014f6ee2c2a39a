"""Exact tails and 95 % intervals, and how much weight a test gets by what it could see. Arrays in, arrays out."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy import ndarray

TAIL = 0.025
SEEN_AT = 3.7
"""The standardised difference (p about 0.0001) from which a test stands out among a thousand."""
LEAST_WEIGHT = 0.05


def fisher(hits: Any, sizes: Any, having: Any, every: Any) -> "ndarray[Any, Any]":
    """The chance that a group of so many has so many of them or more, given how many have it in all: Fisher's exact test (1935), one-sided.

    The hypergeometric tail, summed up from each term to the next towards its thin end, of all groups at once. `scipy.stats` has it, too, but to
    load that takes longer than all the tests of a register of millions; tests hold this one against it.
    """
    import numpy as np
    from scipy.special import gammaln

    k, n, of, total = (np.array(a, dtype=float) for a in np.broadcast_arrays(hits, sizes, having, every))

    def log_choose(a: Any, b: Any) -> Any:
        return gammaln(a + 1) - gammaln(b + 1) - gammaln(a - b + 1)

    upper = k > n * of / np.maximum(total, 1)
    at = np.where(upper, k, k - 1)
    least, most = np.maximum(0, n + of - total), np.minimum(n, of)
    inside = np.clip(at, least, most)
    term = np.exp(log_choose(of, inside) + log_choose(total - of, n - inside) - log_choose(total, n))
    term = np.where((at >= least) & (at <= most), term, 0.0)
    summed = term.copy()
    while (term > summed * 1e-17).any():
        up = (n - at) * (of - at) / np.maximum((at + 1) * (total - n - of + at + 1), 1)
        down = at * (total - n - of + at) / np.maximum((n - at + 1) * (of - at + 1), 1)
        term = term * np.maximum(np.where(upper, up, down), 0.0)
        at = np.where(upper, at + 1, at - 1)
        summed += term
    tail: ndarray[Any, Any] = np.clip(np.where(upper, summed, 1 - summed), 0.0, 1.0)
    return tail


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
