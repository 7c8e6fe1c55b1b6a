#include "_job.h"

#include "_processor.h"

#ifdef _OPENMP
enum { CHUNKS_PER_PART = 8 };

/* Of some 30 us; longer ones gain nothing by it, and cannot be shared with a faster thread.
 * benchmarks/thresholds.py parts */
size_t elufast_whole_part = 16;

static size_t rounded_up(size_t n, size_t grain) { return (n + grain - 1) / grain * grain; }

void elufast_deal_out(elufast_job *j, elufast_body *body, void *context, const elufast_range *range,
                      int threads) {
    j->body = body;
    j->context = context;
    j->before = range->before;
    j->threads = threads;
    j->caller_processor = elufast_current_processor();
    j->modes = elufast_read_modes();
    j->raised = 0;
    size_t end = range->n + j->before, start = 0;
    j->part_count = threads < ELUFAST_MOST_PARTS ? threads : ELUFAST_MOST_PARTS;
    const size_t share = rounded_up((end - 1) / (size_t)j->part_count + 1, range->grain);
    j->chunk = rounded_up((share - 1) / CHUNKS_PER_PART + 1, range->grain);
    j->are_short = share / range->minimum < elufast_whole_part;
    for (int i = 0; i < j->part_count; i++) {
        j->parts[i].start = j->parts[i].next = start;
        start = end - start < share ? end : start + share;
        j->parts[i].end = start;
    }
}

static size_t next_of(const elufast_part *p) {
    size_t next;
#pragma omp atomic read
    next = p->next;
    return next;
}

/* 0: nothing is left. */
static int work_off(elufast_job *j, elufast_part *p, size_t most) {
    size_t start;
    if (next_of(p) >= p->end) return 0;
#pragma omp atomic capture
    {
        start = p->next;
        p->next += most;
    }
    if (start >= p->end) return 0;
    const size_t end = p->end - start < most ? p->end : start + most;
    start = start > j->before ? start : j->before;
    j->body(j->context, start - j->before, end - start);
    return 1;
}

static void work_off_own(elufast_job *j, int number) {
    elufast_part *own = &j->parts[number % j->part_count];
    if (j->are_short) {
        if (next_of(own) == own->start) work_off(j, own, own->end);
    } else {
        while (work_off(j, own, j->chunk)) continue;
    }
}

static void work_off_all(elufast_job *j, int number) {
    work_off_own(j, number);
    for (int i = 0; i < j->part_count; i++) {
        while (work_off(j, &j->parts[(number + i) % j->part_count], j->chunk)) continue;
    }
}

void elufast_work_off_own(elufast_job *j) { work_off_own(j, 0); }
void elufast_work_off_all(elufast_job *j) { work_off_all(j, 0); }

/* Each thread has its own flags and its own rounding and flushing modes. Workers take over the
 * modes of the caller (who may flush subnormals, say) and give back the flags; what they had
 * before, they get back, for other libraries may have work for them as well. */
void elufast_run_as_worker(void *job, int number) {
    elufast_job *j = job;
    elufast_own_modes own;
    elufast_leave_processor(j->caller_processor, j->threads);
    elufast_take_modes(&j->modes, &own);
    work_off_all(j, number);
    const int raised = elufast_restore_modes(&own);
    if (raised != 0) {
#pragma omp atomic
        j->raised |= raised;
    }
}
#else
size_t elufast_whole_part;
#endif
