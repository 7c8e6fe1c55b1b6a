/* On which processor a thread runs, where the system says so. */
#ifndef ELUFAST_PROCESSOR_H
#define ELUFAST_PROCESSOR_H

/* -1: it does not. */
int elufast_current_processor(void);

/* Linux may let a worker run on the very processor that its caller works on, and leave both there
 * for milliseconds while another one idles. If this is the processor, the calling thread moves, and
 * is then free to go anywhere again; not if there are fewer processors for it than threads. */
void elufast_leave_processor(int processor, int threads);

#endif
