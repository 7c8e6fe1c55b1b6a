#include "_caches.h"

#if (defined(__x86_64__) || defined(__i386__)) && defined(__GNUC__)
#include <cpuid.h>

/* Intel's leaf 4 and AMD's 0x8000001D have the same form: one subleaf for each cache, with its
 * geometry. (sysconf is no source here: glibc 2.36 adds up the third-level caches of an AMD socket,
 * 320 MiB where a core reaches 32.) */
enum { INTEL_LEAF = 4, MOST_CACHES = 16, NO_MORE_CACHES = 0 };
static const unsigned AMD_LEAF = 0x8000001D;

static size_t largest_in_leaf(unsigned leaf) {
    size_t largest = 0;
    unsigned a, b, c, d;
    for (unsigned i = 0; i < MOST_CACHES && __get_cpuid_count(leaf, i, &a, &b, &c, &d); i++) {
        if ((a & 0x1F) == NO_MORE_CACHES) break;
        size_t line = (b & 0xFFF) + 1, partitions = (b >> 12 & 0x3FF) + 1, ways = (b >> 22) + 1;
        size_t size = line * partitions * ways * ((size_t)c + 1);
        if (size > largest) largest = size;
    }
    return largest;
}

static size_t reported(void) {
    size_t amd = largest_in_leaf(AMD_LEAF);
    return amd > 0 ? amd : largest_in_leaf(INTEL_LEAF);
}
#elif defined(__linux__)
#include <stdio.h>

static size_t reported(void) {
    size_t largest = 0, kibibytes;
    for (int i = 0;; i++) {
        char name[64];
        snprintf(name, sizeof name, "/sys/devices/system/cpu/cpu0/cache/index%d/size", i);
        FILE *file = fopen(name, "r");
        if (file == NULL) return largest;
        if (fscanf(file, "%zuK", &kibibytes) == 1 && kibibytes * 1024 > largest) {
            largest = kibibytes * 1024;
        }
        fclose(file);
    }
}
#else
static size_t reported(void) { return 0; }
#endif

/* Where nothing is known: what most machines of the last ten years have at the least. */
static const size_t FALLBACK = (size_t)8 << 20;

size_t elufast_last_cache(void) {
    size_t size = reported();
    return size > 0 ? size : FALLBACK;
}
