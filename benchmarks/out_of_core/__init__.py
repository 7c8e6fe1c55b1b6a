"""The parts of distributed.py.

options     the command line
probes      what runs in the workers to ask them about themselves
cluster     a cluster of this machine's, or one that runs; its workers' memory
passes      what is computed, from disk to disk, and the check of its bits
report      the table and the JSON file
run         the course of it all
"""
