"""For libraries that have no Python of their own: find them, and compile the loop that calls them.

libraries     where a package put a shared library, and how to load it
vector_math   ELU as a C loop (vector_math.c) over a library's vector exp and expm1
"""
