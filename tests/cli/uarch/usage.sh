# wrong use is told apart from wrong data
perfvec uarch; echo "status $?"
perfvec uarch lists; echo "status $?"
perfvec uarch show; echo "status $?"
perfvec uarch check; echo "status $?"
perfvec uarch list more; echo "status $?"
perfvec uarch show o4; echo "status $?"
perfvec uarch --help
