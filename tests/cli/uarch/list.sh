# the presets
perfvec uarch list
