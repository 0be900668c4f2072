# a preset as a complete machine file, with what the simulator leaves out at its end; and back
perfvec uarch show minor >m.yaml
sed -n '2,$s/  *#.*//p' m.yaml | grep -E '^[a-z]|  width|size_bytes|IntDiv'
perfvec uarch show m.yaml | cmp - m.yaml && echo same
perfvec uarch show timing | sed -n '/^# Not modelled/,$s/^#   //p' >left_out
perfvec uarch show timing | grep -c 'not modelled yet' | diff - <(wc -l <left_out) && echo "marks and list agree"
