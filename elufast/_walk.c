#include "_walk.h"

#include "_walk_in_order.h"
#include "_walk_repeats.h"
#include "_walk_tiles.h"

static void run_once(const elufast_walk *walk) {
    const int turn = elufast_axis_to_turn(walk);
    if (turn == 0) {
        elufast_run_in_order(walk, 0);
    } else {
        elufast_run_tiles(walk, turn);
    }
}

void elufast_run_walk(const elufast_walk *walk) {
    const int axes = elufast_changing_axes(walk);
    if (axes == walk->axes) {
        run_once(walk);
        return;
    }
    elufast_walk first = *walk;
    while (first.axes > axes) first.n /= first.lengths[--first.axes];
    run_once(&first);
    elufast_repeat_period(walk, first.n);
}
