# same seed, same bytes; existing files are kept unless told otherwise; every file is complete
perfvec uarch sample --count 14 --seed 3 -o a
ls a | tr '\n' ' '; echo
perfvec uarch check a | sed 's/ (.*//' | sort | uniq -c | wc -l
perfvec uarch sample --count 14 --seed 3 -o b >/dev/null && diff -r a b && echo same bytes
perfvec uarch sample --count 14 --seed 4 -o c >/dev/null
cmp -s a/ooo_000.yaml c/ooo_000.yaml || echo another seed, another machine
sed -n 3p a/ooo_000.yaml
perfvec uarch sample --count 20 --seed 4 -o a; echo "status $?"
diff -r a b && ls a | wc -l
perfvec uarch sample --count 14 --seed 4 -o a --force
diff -r a c && echo replaced
perfvec uarch sample --count 3 --kind inorder -o d && ls d | tr '\n' ' '; echo
perfvec uarch sample --count 4 --kind ooo:1,inorder:3 -o e
perfvec uarch sample --count 4 --kind both -o f
perfvec uarch sample --count 0 -o f
perfvec uarch sample --count 1G -o f
perfvec uarch sample
echo text >file
perfvec uarch sample --count 2 -o file/x
ls | tr '\n' ' '; echo
