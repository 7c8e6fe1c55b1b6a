#ifdef __linux__
#define _GNU_SOURCE
#endif
#include "_openmp.h"

#if defined(_OPENMP) && defined(__GNUC__) && !defined(__clang__) && !defined(_WIN32)
#include <dlfcn.h>
#include <omp.h>
#include <stddef.h>

/* OpenMP 5.0's omp_pause_resource_all, and its omp_pause_soft. */
typedef int pause_function(int kind);
enum { PAUSE_SOFT = 1 };

static pause_function *pause_all;

/* What gcc makes of a parallel region: the pools are this function's library's. */
extern void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);

/* Not linked, but asked of that very library. It need not be the one that came with this module:
 * the loader prefers functions of a library that was loaded for the whole process (PyTorch does so
 * with its own libgomp), which may be too old for this one; ours would then release the wrong pool.
 */
void elufast_prepare_release(void) {
    Dl_info info;
    if (dladdr((void *)GOMP_parallel, &info) == 0 || info.dli_fname == NULL) return;
    void *library = dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD);
    if (library != NULL) pause_all = (pause_function *)dlsym(library, "omp_pause_resource_all");
}

int elufast_release_pool(void) {
    return pause_all != NULL && !omp_in_parallel() && pause_all(PAUSE_SOFT) == 0;
}
#else
void elufast_prepare_release(void) {}

/* clang's libomp starts anew in the child by itself. */
int elufast_release_pool(void) { return 1; }
#endif
