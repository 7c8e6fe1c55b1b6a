/* Which way arrays are gone through. A processor takes a load for one of what a store still in its
 * queue writes if the low 12 bits of both are the same, and lets it wait for that store. Where an
 * output begins shortly after an input, apart from whole pages, each register would wait for the
 * one before: up to 1.6 times as long in the caches, 3.6 times past them (Zen 4). From the end to
 * the beginning it is the other way round. benchmarks/thresholds.py offsets */
#ifndef ELUFAST_DIRECTION_H
#define ELUFAST_DIRECTION_H

#include <stddef.h>
#include <stdint.h>

#include "elufast/config.h"

/* From so many registers on it pays to ask, where they are computed one by one: backward passes
 * from the output take up to 1.3 times as long upwards (Zen 5). Loops by several registers gain no
 * more than 3 % by going down there, and those past the caches are called for rows, which are
 * better gone through as they follow each other, since some begin shortly after and others do not
 * (0.8 to 0.98 of the time): these ask for what is longer than most rows, 32 KiB. */
enum { ELUFAST_REGISTERS_WORTH_A_LOOK = 16, ELUFAST_ROWS_WORTH_A_LOOK = 512 };

/* Less than half a KiB, and not 0. */
ELUFAST_FN int elufast_is_shortly_after(const char *a, const char *b) {
    enum { PAGE = 4096, SHORT = 512 };
    return ((uintptr_t)a - (uintptr_t)b) % PAGE - 1 < SHORT - 1;
}

/* Whether some begin shortly after inputs, and some shortly before. */
typedef struct {
    int is_after, is_before;
} elufast_positions;

/* Adds where they begin beside `count` inputs. */
ELUFAST_FN void elufast_add_positions(elufast_positions *outputs, const char *const *in, int count,
                                      char *const *out, int out_count) {
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < out_count; k++) {
            outputs->is_after |= elufast_is_shortly_after(out[k], in[i]);
            outputs->is_before |= elufast_is_shortly_after(in[i], out[k]);
        }
    }
}

#endif
