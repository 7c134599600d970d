"""What the board runs first: only what must be there before anything can go wrong."""

import micropython

# So that an error in an interrupt, where no memory may be asked for, still has its traceback.
micropython.alloc_emergency_exception_buf(100)
