"""The parts of accuracy.py.

inputs     the numbers that are walked     expected   their exact results
bounds     what the contract allows        statistics largest and mean error, and where
walk       one piece of work, and all of them in a pool of processes
options    the command line                report     table and JSON
"""
