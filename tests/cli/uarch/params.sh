# the table explains itself, by parameter or group
perfvec uarch params ooo.n_rob
perfvec uarch params units.read
perfvec uarch params memory.type
perfvec uarch params bus | grep -c allowed
perfvec uarch params nothing; echo "status $?"
[ "$(perfvec uarch params | grep -c '^  allowed')" -gt 250 ] && echo all of them
