"""The parts of compare.py.

options   the command line             peers/     one small adapter per library
data      real inputs                  worker     the process a peer runs in
timing    interleaved rounds           processes  the parent's side of that process
errors    ULPs on the same data        machine    what it was measured on
results   records, ratios, JSON        table, chart, markdown   how they are shown
"""
