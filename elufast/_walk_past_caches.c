#include "_walk_past_caches.h"

#include <stdlib.h>

#include "_past_caches.h"
#include "_walk_integers.h"

/* ---- outputs ---- */

static int is_to_be_placed(const elufast_plan *p, const elufast_lane *l) {
    return p->has_defaults && l->placing != ELUFAST_NOT_PLACED;
}

/* Each call of a kernel ends with a line that is put together with the next one's (_walk_calls.c).
 * Past the caches rows of 4 KB take 0.75 to 0.85 of the time with two threads, 0.9 to 1.15 with
 * one; those of 2 KiB up to 1.5 times as long, those of 256 bytes up to 4. */
static int has_long_calls(const elufast_plan *p) {
    enum { LONG_CALL_BYTES = 3072 };
    if (p->walk->lengths[0] * p->walk->loop->item_size >= LONG_CALL_BYTES) return 1;
    for (int k = 0; k < p->operands; k++) {
        if (!p->lanes[k].is_straight && p->lanes[k].period != 1) return 0;
    }
    return 1;
}

static int has_whole_lines(const elufast_plan *p, const elufast_lane *l) {
    if (l->convert != NULL && !is_to_be_placed(p, l)) return 0;
    return l->is_straight || l->has_rows;
}

/* For these parameters, unless they turn out to be extreme. */
static int has_kernel(const elufast_plan *p) {
    const elufast_past_kernels *past = &p->walk->loop->kernels.past;
    if (p->has_defaults) return past->defaults != NULL;
    return (p->are_scalars ? past->scalar : past->array) != NULL;
}

static int takes_data_as_they_lie(const elufast_plan *p) {
    for (int k = 0; k < p->walk->loop->function->data; k++) {
        const elufast_lane *l = &p->lanes[k];
        if (!l->has_rows && !l->is_straight && !is_to_be_placed(p, l)) return 0;
    }
    return 1;
}

static int can_go_straight(const elufast_plan *p) {
    if (elufast_may_look_up(p->walk)) return elufast_can_look_up_past_caches(p);
    for (int k = p->inputs; k < p->operands; k++) {
        if (!has_whole_lines(p, &p->lanes[k])) return 0;
    }
    return 1;
}

static int pays(const elufast_plan *p, float cost) {
    const elufast_walk *walk = p->walk;
    size_t bytes = 0, largest = 0;
    for (int k = 0; k < p->operands; k++) {
        const elufast_lane *l = &p->lanes[k];
        if (l->period > 1) bytes += l->operand->size;
        for (int out = p->inputs; out < p->operands && k < p->inputs; out++) {
            if (l->operand->first == walk->operands[out].first) return 0;
        }
        if (k >= p->inputs && l->operand->size > largest) largest = l->operand->size;
    }
    return elufast_pays_past_caches(cost, bytes, largest, walk->n);
}

int elufast_pays_if_straight(const elufast_plan *p) { return pays(p, 0); }

/* Tiles that are turned on their way out, line by line; where they are far, that is what becomes of
 * single bytes (0.5 to 0.95 of the time). */
static int writes_lines_across(const elufast_plan *p) {
    for (int k = p->inputs; k < p->operands; k++) {
        const elufast_operand *out = p->lanes[k].operand;
        const int is_run = out->steps[1] == (ptrdiff_t)out->size && out->steps[0] != out->steps[1];
        const int is_long = p->walk->lengths[1] * out->size >= ELUFAST_CACHE_LINE;
        if (!is_run || !is_long || out->steps[0] % ELUFAST_CACHE_LINE != 0) return 0;
    }
    return 1;
}

void elufast_plan_streams(elufast_plan *p) {
    if (p->has_tiles) {
        p->streams = writes_lines_across(p) && pays(p, 0);
        return;
    }
    const int can = can_go_straight(p);
    const int is_straight = can && has_kernel(p) && takes_data_as_they_lie(p);
    p->streams = (!can || has_long_calls(p)) && pays(p, is_straight ? 0 : p->cost);
    p->goes_straight = p->streams && can;
}

static void plan_outputs(elufast_plan *p) {
    for (int k = p->inputs; k < p->operands; k++) {
        elufast_lane *l = &p->lanes[k];
        l->is_in_place = 1;
        l->is_by_row = !l->is_straight;
        p->by_rows |= l->is_by_row;
    }
}

/* ---- rows of data ---- */

/* What a processor fetches by itself runs on into the gap after a row, and begins late in the next
 * one: rows of data that are far from each other, or go back (X[::-1, :]), are prefetched, by the
 * kernel or between its calls (_walk_rows.c), whole rows and so many bytes ahead at least (the
 * first ones along the second axis are not). 0.5 to 0.8 of the time. So are rows beside a row of
 * parameters that is read again for each of them, which keeps the processor from fetching by
 * itself, so many bytes ahead. 0.75 to 0.85 of elu's time; but where no kernel prefetches itself,
 * calls for the pieces of a row cost up to 1.2 times as much as that gains. Rows of less than a KiB
 * gain nothing. (compare.py --study layouts, before and after.) */
enum { PREFETCHED_ROW = 1024, PREFETCHED_GAP = 512, BYTES_AHEAD = 4096 };

/* What other programs leave of the last cache is less than all of it: with 3/4 to 1 of what it
 * holds, far rows take 0.55 to 0.9 of the time, with half of it up to 1.5 times as long. */
static int do_far_rows_wait(const elufast_plan *p) {
    return elufast_bytes_of_all(p) > elufast_tune.stream_bytes / 8 * 5;
}

static int does_everything_wait(const elufast_plan *p) {
    return elufast_bytes_of_all(p) >= elufast_tune.stream_bytes;
}

static size_t row_bytes(const elufast_plan *p, const elufast_lane *l) {
    return p->walk->lengths[0] * (size_t)llabs(l->operand->steps[0]);
}

static int has_far_rows(const elufast_plan *p, const elufast_lane *l) {
    const ptrdiff_t *steps = l->operand->steps, on = steps[0] < 0 ? -steps[1] : steps[1];
    return l->is_by_row && (on < 0 || (size_t)on >= row_bytes(p, l) + PREFETCHED_GAP);
}

static int has_rows_of_parameters(const elufast_plan *p) {
    for (int k = p->walk->loop->function->data; k < p->inputs; k++) {
        const elufast_lane *l = &p->lanes[k];
        if (l->is_by_row && l->period < p->walk->n && !elufast_is_number(p, k)) return 1;
    }
    return 0;
}

/* 0: nothing is prefetched. */
static ptrdiff_t bytes_ahead(const elufast_plan *p, const elufast_lane *l) {
    const size_t bytes = row_bytes(p, l);
    if (bytes < PREFETCHED_ROW) return 0;
    if (has_far_rows(p, l)) {
        const size_t rows = 1 + BYTES_AHEAD / bytes;
        return rows < p->walk->lengths[1] ? l->operand->steps[1] * (ptrdiff_t)rows : 0;
    }
    const int is_read_along = l->is_in_place && l->period == p->walk->n;
    const int pays = is_read_along && has_kernel(p) && has_rows_of_parameters(p);
    return pays && does_everything_wait(p) ? BYTES_AHEAD : 0;
}

static void plan_rows(elufast_plan *p) {
    if (p->walk->axes == 1 || !do_far_rows_wait(p)) return;
    for (int k = 0; k < p->walk->loop->function->data; k++) {
        elufast_lane *l = &p->lanes[k];
        l->bytes_ahead = bytes_ahead(p, l);
        p->prefetches_rows |= l->bytes_ahead != 0;
    }
}

/* Lines along the second axis of a tile, each elsewhere: data that are turned. */
static int has_lines_across(const elufast_plan *p, const elufast_lane *l) {
    const elufast_operand *o = l->operand;
    return !l->is_in_place && l->period == p->walk->n && o->steps[1] == (ptrdiff_t)o->size &&
           (size_t)llabs(o->steps[0]) >= ELUFAST_CACHE_LINE;
}

/* The same lines, or rows, of the next tile, where data are far: 0.55 to 0.9 of the time. Still
 * shorter rows, of float16, gain as often as they lose. (Not where a block holds several tiles, or
 * a row comes alone.) */
static void plan_tiles(elufast_plan *p) {
    enum { NEXT_TILE = 2, PREFETCHED_ROW_OF_TILE = 512 };
    const size_t tile = p->walk->lengths[0] * p->walk->lengths[1] * elufast_largest_item(p->walk);
    if (!elufast_is_far(elufast_bytes_of_all(p)) || p->fetches_numbers) return;
    if (p->walk->axes <= NEXT_TILE || tile <= ELUFAST_TILE_BYTES / 2) return;
    for (int k = 0; k < p->walk->loop->function->data; k++) {
        elufast_lane *l = &p->lanes[k];
        const int has_rows = l->is_by_row && row_bytes(p, l) >= PREFETCHED_ROW_OF_TILE;
        l->has_lines_ahead = has_lines_across(p, l);
        if (has_rows || l->has_lines_ahead) l->bytes_ahead = l->operand->steps[NEXT_TILE];
        p->prefetches_rows |= has_rows;
        p->prefetches_lines |= l->has_lines_ahead;
    }
}

void elufast_plan_past_caches(elufast_plan *p) {
    if (p->goes_straight) plan_outputs(p);
    if (p->has_tiles) {
        plan_tiles(p);
    } else {
        plan_rows(p);
    }
}
