/* The calendar of a chip in front of the PC's, for LD_PRELOAD: the time of day, moved by as many
   seconds as the file LOVEBELL_DATE says in its first eight bytes. TLS asks here. */

#define TOLD "LOVEBELL_DATE"
#define NUMBERS 1
#include "moved_clock.h"
