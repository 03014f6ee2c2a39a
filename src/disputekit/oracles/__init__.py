"""Oracles: each kind's decision for one subject as a plain walk over its facts, day by day where days count.

They share no code and no constants with the kinds' queries: two ways to the same answer, compared in the tests, counted against the
demo's planted defects, and told as steps to whoever asks why.
"""
