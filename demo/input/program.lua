-- word frequencies, a sieve and a small n-queens: tables, strings, recursion
local words, text = {}, string.rep("time is the program times the machine and the machine is a row ", 40)
for round = 1, 8 do
  for w in text:gmatch("%a+") do words[w] = (words[w] or 0) + #w end
end
local sieve, primes = {}, 0
for i = 2, 20000 do
  if not sieve[i] then
    primes = primes + 1
    for j = i * i, 20000, i do sieve[j] = true end
  end
end
local function queens(n, row, cols, d1, d2)
  if row > n then return 1 end
  local total = 0
  for c = 1, n do
    if not cols[c] and not d1[row + c] and not d2[row - c + n] then
      cols[c], d1[row + c], d2[row - c + n] = true, true, true
      total = total + queens(n, row + 1, cols, d1, d2)
      cols[c], d1[row + c], d2[row - c + n] = nil, nil, nil
    end
  end
  return total
end
local keys = {}
for w, n in pairs(words) do keys[#keys + 1] = w .. n end
table.sort(keys)
print(#keys, primes, queens(7, 1, {}, {}, {}))
