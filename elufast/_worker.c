#ifdef __linux__
#define _GNU_SOURCE
#endif
#include "_team.h"

#ifdef ELUFAST_HAS_TEAM
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "_caches.h"
#include "_processor.h"
#include "_stream.h"
#include "_worker.h"

/* Looks between two offers of the processor to others, some 2 us; and so many times that. */
enum { LOOKS = 64, ROUNDS_IN_PLACE = 32 };

/* As linux/futex.h has it, which is not everywhere where there is a compiler. */
enum { FUTEX_WAIT_HERE = 128, FUTEX_WAKE_HERE = 129 };

/* Of `sleep`, which is what the system waits on. */
enum { AWAKE, ASLEEP, WAKING };

void elufast_relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

long long elufast_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* ---- awake ---- */

/* 0: nobody calls. */
static uintptr_t call_of(elufast_worker *w) {
    const uintptr_t call = atomic_load_explicit(&w->call, memory_order_acquire);
    return call >= ELUFAST_LEAVE && !(call & ELUFAST_BUSY) ? call : 0;
}

static void make_room(elufast_worker *w) {
    elufast_leave_processor(atomic_load_explicit(&w->processor, memory_order_relaxed),
                            atomic_load_explicit(&w->threads, memory_order_relaxed));
}

static uintptr_t look_out(elufast_worker *w, long long patience) {
    const long long end = elufast_nanoseconds() + patience;
    int round = 0;
    do {
        if (round++ % ROUNDS_IN_PLACE == 0) make_room(w);
        for (int i = 0; i < LOOKS; i++) {
            const uintptr_t call = call_of(w);
            if (call != 0) return call;
            elufast_relax();
        }
        sched_yield();
    } while (elufast_nanoseconds() < end);
    return 0;
}

/* ---- asleep ---- */

static void come_back(elufast_worker *w) {
    while (atomic_load(&w->sleep) == WAKING) sched_yield();
    if (w->is_sent_away) sched_setaffinity(0, sizeof w->processors, &w->processors);
    w->is_sent_away = 0;
}

static void sleep_until_called(elufast_worker *w) {
    unsigned asleep = ASLEEP;
    atomic_store(&w->sleep, ASLEEP);
    atomic_thread_fence(memory_order_seq_cst); /* who has called earlier is seen */
    while (call_of(w) == 0 && atomic_load(&w->sleep) == ASLEEP) {
        syscall(SYS_futex, &w->sleep, FUTEX_WAIT_HERE, ASLEEP, NULL, NULL, 0);
    }
    if (!atomic_compare_exchange_strong(&w->sleep, &asleep, AWAKE)) come_back(w);
}

int elufast_is_asleep(elufast_worker *w) {
    return atomic_load_explicit(&w->sleep, memory_order_relaxed) != AWAKE;
}

/* Linux would often let it run on this very processor, and at once, in its caller's place. */
static void send_away(elufast_worker *w) {
    cpu_set_t others;
    const int here = sched_getcpu();
    if (here < 0 || sched_getaffinity(w->thread, sizeof others, &others) != 0) return;
    w->processors = others;
    CPU_CLR(here, &others);
    w->is_sent_away = sched_setaffinity(w->thread, sizeof others, &others) == 0;
}

void elufast_wake(elufast_worker *w) {
    unsigned asleep = ASLEEP;
    if (!atomic_compare_exchange_strong(&w->sleep, &asleep, WAKING)) return;
    send_away(w);
    atomic_store(&w->sleep, AWAKE);
    syscall(SYS_futex, &w->sleep, FUTEX_WAKE_HERE, 1, NULL, NULL, 0);
}

/* ---- at work ---- */

/* The lines travel while the call is taken. Where the caller and its job are gone meanwhile, a
 * prefetch does no harm. */
static void fetch_job(elufast_worker *w, uintptr_t call) {
    const char *job = (const char *)call,
               *context = atomic_load_explicit(&w->context, memory_order_relaxed);
    for (int i = 0; i < 3; i++) ELUFAST_PREFETCH(context + i * ELUFAST_CACHE_LINE, 0);
    ELUFAST_PREFETCH(job, 0);
}

/* 0: the caller has withdrawn the call. */
static int take(elufast_worker *w, uintptr_t call) {
    return atomic_compare_exchange_strong(&w->call, &call, call | ELUFAST_BUSY);
}

void elufast_enlist(elufast_worker *w) {
    w->thread = (pid_t)syscall(SYS_gettid);
    w->is_sent_away = 0;
    atomic_store(&w->errands_run, 0);
    atomic_store(&w->sleep, AWAKE);
    atomic_store(&w->call, ELUFAST_DONE);
}

void elufast_serve(elufast_worker *w, long long patience) {
    for (;;) {
        const uintptr_t call = look_out(w, patience);
        if (call == 0) {
            sleep_until_called(w);
            continue;
        }
        fetch_job(w, call);
        if (!take(w, call)) continue;
        if (call == ELUFAST_LEAVE) break;
        atomic_store_explicit(&w->errands_run,
                              atomic_load_explicit(&w->errands_run, memory_order_relaxed) + 1,
                              memory_order_relaxed);
        w->errand((void *)call, w->number);
        atomic_store_explicit(&w->call, ELUFAST_DONE, memory_order_release);
    }
    atomic_store(&w->call, ELUFAST_ABSENT);
}
#endif
