"""Words of a caption that say nothing about a picture."""

_TEXT = """
a an the this that these those some any each every no not
and or but nor so yet as if than then
of in on at by to from with without into onto over under above below up down out off through between behind beside
near next around across along during before after about against for while
is are was were be been being am has have had having do does did doing will would can could may might shall should
must
i you he she it we they me him her us them my your his its our their who whom whose which what where when why how
there here other another one very just also too
"""

STOP_WORDS = frozenset(_TEXT.split())
"""In lower case."""
