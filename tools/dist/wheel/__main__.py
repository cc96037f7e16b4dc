"""python -m lunatic: the program."""
from lunatic import main

main()
