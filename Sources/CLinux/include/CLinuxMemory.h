#ifndef CLINUX_MEMORY_H
#define CLINUX_MEMORY_H

/* Memory of the C library's allocator, which Swift's heap is. */

/* Gives pages without anything in use back to the system. Takes the allocator's locks for about a millisecond per 10 MB. */
void skiff_memory_trim(void);

/* Buffers of 128 kB and more are mapped for themselves and go back when they are freed, however large earlier ones were. */
void skiff_memory_map_large(void);

#endif
