"""The parts of bench_gpu.py.

options   the command line               device      the only part that touches a GPU
plan      cells, bytes, rotation, fit     buffers     rotated arrays, and what they hold
peers     one small adapter per library   checks      bits against the CPU's, peers roughly
measure   interleaved rounds of a cell    calls       the price of a call, and of the first one
report    tables, verdict, machine        run         the course of it all
"""
