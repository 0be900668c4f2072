define(`move', `ifelse($1, 0, `', `move(decr($1), $2, $4, $3)$2$3 move(decr($1), $4, $3, $2)')')dnl
define(`fib', `ifelse(eval($1 < 2), 1, $1, `eval(fib(decr($1)) + fib(decr(decr($1))))')')dnl
move(9, a, b, c)
fib(13)
translit(move(6, x, y, z), `xyz', `123')
