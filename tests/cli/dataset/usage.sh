# mistakes on the command line
perfvec dataset
perfvec dataset chekc d
perfvec dataset info
perfvec dataset check a b
perfvec dataset check --json d
perfvec dataset --help
